/** A backlog beyond this is given up rather than sent in a burst. */
export const maxCatchUpMs = 1_000;

/**
 * Says how many records are due: `rate` a second over all the time, whatever the timers do. What could not be sent because the
 * brokers were away is not made up for beyond `maxCatchUpMs`. Times are of a monotonic clock, in ms.
 */
export class Pace {
  readonly #rate: number;
  #startMs: number;
  #taken = 0;

  constructor(rate: number, nowMs: number) {
    this.#rate = rate;
    this.#startMs = nowMs;
  }

  /** How many to send now, at most `most`. */
  take(nowMs: number, most: number): number {
    // At low rates the first record of a backlog is always made up for: it is due, however long it waited.
    const bound = Math.max(1, Math.floor((this.#rate * maxCatchUpMs) / 1_000));
    const behind = this.#dueAt(nowMs) - this.#taken;
    if (behind > bound) {
      this.#startMs = nowMs;
      this.#taken = -bound;
    }
    const count = Math.max(0, Math.min(this.#dueAt(nowMs) - this.#taken, most));
    this.#taken += count;
    return count;
  }

  /** Until the next record is due. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#startMs + ((this.#taken + 1) * 1_000) / this.#rate - nowMs);
  }

  #dueAt(nowMs: number): number {
    return Math.floor(((nowMs - this.#startMs) * this.#rate) / 1_000);
  }
}
