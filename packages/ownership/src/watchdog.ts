import { CodedError } from '@tidemark/runtime';

export interface Watched {
  partition: number;
  nextOffset: number;
  lag: number;
}

interface Sighting {
  nextOffset: number;
  sinceMs: number;
}

/**
 * Notices work that waits and does not move although the brokers answer, which only a new process mends: the client's fetcher may wait
 * for ever. While the brokers do not answer nobody can move, and nothing is held against it.
 */
export class Watchdog {
  readonly #stuckAfterMs: number;
  readonly #seen = new Map<number, Sighting>();
  #memberAtMs: number | undefined;

  constructor(stuckAfterMs: number) {
    this.#stuckAfterMs = stuckAfterMs;
  }

  /** To be called now and then when the brokers have just said where the log ends; the time in ms, monotonic. @throws CodedError STUCK */
  look({ isMember, partitions }: { isMember: boolean; partitions: Iterable<Watched> }, nowMs: number): void {
    if (isMember) this.#memberAtMs = nowMs;
    this.#memberAtMs ??= nowMs;
    if (nowMs - this.#memberAtMs > this.#stuckAfterMs) {
      throw new CodedError('STUCK', 'the brokers answer, and yet the group has not heard of this member for too long');
    }
    const gone = new Set(this.#seen.keys());
    for (const { partition, nextOffset, lag } of partitions) {
      gone.delete(partition);
      const seen = this.#seen.get(partition);
      if (lag === 0 || seen?.nextOffset !== nextOffset) this.#seen.set(partition, { nextOffset, sinceMs: nowMs });
      else if (nowMs - seen.sinceMs > this.#stuckAfterMs) {
        throw new CodedError('STUCK', `partition ${partition} stands at ${nextOffset} with ${lag} records to read`);
      }
    }
    for (const partition of gone) this.#seen.delete(partition);
  }

  /** The brokers do not answer: what was seen before tells nothing. */
  blinded(): void {
    this.#seen.clear();
    this.#memberAtMs = undefined;
  }
}
