import { type Summary, summarise } from './percentiles.ts';

/** The latencies of one part of a run. */
export interface Slice extends Summary {
  /** Where the part begins, in seconds from the beginning of the measured interval. */
  startSeconds: number;
}

/** A stretch of time, in ms since the epoch; without its end. */
export interface Interval {
  startMs: number;
  endMs: number;
}

/** The part of the interval that a moment falls into, from 0 on; what is left over at the end belongs to the last whole part. */
export function partOf(atMs: number, { startMs, endMs }: Interval, sliceMs: number): number {
  const lastPart = Math.max(1, Math.floor((endMs - startMs) / sliceMs)) - 1;
  return Math.min(lastPart, Math.floor((atMs - startMs) / sliceMs));
}

/** Beyond it the run would be too long for the memory of the bench; the run is refused, not thinned. */
const maxLatencies = 50_000_000;

/** Latencies in ms, each with the moment that it is counted from. */
export class Latencies {
  readonly #atMs: number[] = [];
  readonly #latencyMs: number[] = [];

  add(atMs: number, latencyMs: number): void {
    if (this.#atMs.length === maxLatencies) throw new RangeError(`more than ${maxLatencies} latencies`);
    this.#atMs.push(atMs);
    this.#latencyMs.push(latencyMs);
  }

  /** @throws Error when nothing began inside the interval. */
  summary(interval: Interval): Summary {
    const summary = summarise(this.#inside(interval));
    if (summary === null) throw new Error('no latency was measured: the run was too short, or nothing came through');
    return summary;
  }

  /** By parts of the interval (see `partOf`); those in which nothing began are left out. */
  slices(interval: Interval, sliceMs: number): Slice[] {
    const parts = new Map<number, number[]>();
    for (const [index, atMs] of this.#atMs.entries()) {
      if (atMs < interval.startMs || atMs >= interval.endMs) continue;
      const part = partOf(atMs, interval, sliceMs);
      const latencies = parts.get(part);
      if (latencies) latencies.push(this.#latencyMs[index]!);
      else parts.set(part, [this.#latencyMs[index]!]);
    }
    return [...parts]
      .toSorted(([a], [b]) => a - b)
      .map(([part, latencies]) => ({ startSeconds: Math.round((part * sliceMs) / 1_000), ...summarise(latencies)! }));
  }

  *#inside({ startMs, endMs }: Interval): Generator<number> {
    for (const [index, atMs] of this.#atMs.entries()) {
      if (atMs >= startMs && atMs < endMs) yield this.#latencyMs[index]!;
    }
  }
}
