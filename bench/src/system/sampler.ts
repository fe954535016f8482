import { setTimeout as sleep } from 'node:timers/promises';
import { type Interval, partOf } from '../latencies.ts';
import { median, round } from '../percentiles.ts';
import { readUsage, type Usage } from './usage.ts';

export interface WatchedProcess {
  name: string;
  kind: 'service' | 'server' | 'bench';
  pid: number;
}

export interface UsageSample extends Usage {
  atMs: number;
}

export interface UsageSlice {
  /** Where the part begins, in seconds from the beginning of the measured interval. */
  startSeconds: number;
  /** Of one core: two busy ones are 200. */
  cpuPercent: number;
  rssMedianBytes: number;
}

/** What a process used over an interval. */
export interface ProcessUsage {
  name: string;
  kind: WatchedProcess['kind'];
  cpuPercent: number;
  rssMedianBytes: number;
  rssPeakBytes: number;
  slices: UsageSlice[];
}

const sampleIntervalMs = 1_000;

/** Samples what processes use, each second, until it is stopped. */
export class UsageSampler {
  readonly #processes: readonly WatchedProcess[];
  readonly #samples = new Map<WatchedProcess, UsageSample[]>();
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(processes: readonly WatchedProcess[]) {
    this.#processes = processes;
    for (const watched of processes) this.#samples.set(watched, []);
    this.#running = this.#run();
    // Whoever stops it gets the error.
    this.#running.catch(() => undefined);
  }

  /** Rejects when a process ended while it was watched. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  usage(interval: Interval, sliceMs: number): ProcessUsage[] {
    return this.#processes.map((watched) => ({
      name: watched.name,
      kind: watched.kind,
      ...usageOver(this.#samples.get(watched)!, interval, sliceMs),
    }));
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let dueMs = performance.now(); !signal.aborted; ) {
      await Promise.all(this.#processes.map((watched) => this.#sample(watched)));
      dueMs += sampleIntervalMs;
      await sleep(Math.max(0, dueMs - performance.now()), undefined, { signal }).catch(() => undefined);
    }
  }

  async #sample(watched: WatchedProcess): Promise<void> {
    const usage = await readUsage(watched.pid, { family: watched.kind === 'server' });
    if (usage === undefined) throw new Error(`${watched.name} (pid ${watched.pid}) has ended`);
    this.#samples.get(watched)!.push({ atMs: Date.now(), ...usage });
  }
}

/** Samples in the order of their time. @throws Error when fewer than two fall into the interval. */
export function usageOver(samples: readonly UsageSample[], interval: Interval, sliceMs: number) {
  const { startMs, endMs } = interval;
  const inside = samples.filter(({ atMs }) => atMs >= startMs && atMs < endMs);
  if (inside.length < 2) throw new Error('the interval is too short to tell what a process used');
  const bySlice = Map.groupBy(inside, ({ atMs }) => partOf(atMs, interval, sliceMs));
  const slices: UsageSlice[] = [];
  for (const [index, own] of bySlice) {
    // What was used up to the first sample of the next part belongs to this one.
    const next = inside[inside.indexOf(own.at(-1)!) + 1];
    const stretch = next === undefined ? own : [...own, next];
    if (stretch.length < 2) continue;
    slices.push({
      startSeconds: Math.round((index * sliceMs) / 1_000),
      cpuPercent: cpuPercentOf(stretch),
      rssMedianBytes: median(own.map(({ rssBytes }) => rssBytes)),
    });
  }
  return {
    cpuPercent: cpuPercentOf(inside),
    rssMedianBytes: median(inside.map(({ rssBytes }) => rssBytes)),
    rssPeakBytes: Math.max(...inside.map(({ rssBytes }) => rssBytes)),
    slices,
  };
}

function cpuPercentOf(samples: readonly UsageSample[]): number {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  return round(((last.cpuMs - first.cpuMs) * 100) / (last.atMs - first.atMs), 1);
}
