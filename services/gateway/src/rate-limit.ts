/** A bucket of tokens: `ratePerSecond` messages a second, as many at once. */
export class RateLimit {
  readonly #ratePerSecond: number;
  #available: number;
  #updatedMs: number;

  constructor(ratePerSecond: number, nowMs: number) {
    this.#ratePerSecond = ratePerSecond;
    this.#available = ratePerSecond;
    this.#updatedMs = nowMs;
  }

  /** False when there have been too many. */
  take(nowMs: number): boolean {
    const gained = ((nowMs - this.#updatedMs) / 1_000) * this.#ratePerSecond;
    this.#available = Math.min(this.#ratePerSecond, this.#available + gained);
    this.#updatedMs = nowMs;
    if (this.#available < 1) return false;
    this.#available -= 1;
    return true;
  }
}
