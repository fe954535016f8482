import { CodedError } from '@tidemark/runtime';

interface Watched {
  partition: number;
  nextOffset: number;
  lag: number;
}

interface Sighting {
  nextOffset: number;
  sinceMs: number;
}

/** A partition that lags and does not move for this long is stuck: the client's fetcher may wait for ever. */
export const stuckAfterMs = 60_000;

/** Notices a partition that lags and makes no progress, which only a new process mends. */
export class Watchdog {
  readonly #seen = new Map<number, Sighting>();

  /** To be called now and then with all partitions; times in ms, monotonic. @throws CodedError STUCK */
  look(partitions: Iterable<Watched>, nowMs: number): void {
    const gone = new Set(this.#seen.keys());
    for (const { partition, nextOffset, lag } of partitions) {
      gone.delete(partition);
      const seen = this.#seen.get(partition);
      if (lag === 0 || seen?.nextOffset !== nextOffset) this.#seen.set(partition, { nextOffset, sinceMs: nowMs });
      else if (nowMs - seen.sinceMs > stuckAfterMs) {
        throw new CodedError('STUCK', `partition ${partition} stands at ${nextOffset} with ${lag} records to read`);
      }
    }
    for (const partition of gone) this.#seen.delete(partition);
  }
}
