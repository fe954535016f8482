import type { Version } from '@tidemark/wire';
import type { TokenState } from './token-state.ts';

/** Tombstones stay in `stats` for a day after compaction (`delete.retention.ms`): resuming reaches no further back. */
export const resumeReachMs = 86_400_000;

/**
 * Tokens that have left the aggregator's memory. They are remembered, as zeros, so that a client which resumes is told;
 * the oldest are dropped after a day, or when there are too many.
 */
export class ForgottenTokens {
  readonly #limit: number;
  readonly #drop: (state: TokenState) => void;
  #queue: { state: TokenState; version: Version; atMs: number }[] = [];
  #head = 0;
  /** Per partition: the t of the newest token dropped because there were too many. */
  readonly #droppedTo = new Map<number, number>();

  /** @param drop removes a token for good */
  constructor(limit: number, drop: (state: TokenState) => void) {
    this.#limit = limit;
    this.#drop = drop;
  }

  add(state: TokenState, nowMs: number): void {
    this.#queue.push({ state, version: state.version, atMs: nowMs });
    if (this.#queue.length - this.#head <= this.#limit) return;
    const { state: oldest, version } = this.#shift();
    this.#droppedTo.set(oldest.partition, version[3]);
  }

  expire(nowMs: number): void {
    while (this.#head < this.#queue.length && nowMs - this.#queue[this.#head]!.atMs > resumeReachMs) this.#shift();
  }

  /** Whether every token of the partition that was forgotten after `tMs` is remembered. */
  reachesBackTo(partition: number, tMs: number): boolean {
    return tMs >= (this.#droppedTo.get(partition) ?? 0);
  }

  #shift() {
    const entry = this.#queue[this.#head]!;
    this.#head += 1;
    // Shifting each time would move the whole array.
    if (this.#head > 1_000 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    // Since then it may have traded again, and even been forgotten anew: then it stands further behind in the queue too.
    if (entry.state.forgotten && entry.state.version === entry.version) this.#drop(entry.state);
    return entry;
  }
}
