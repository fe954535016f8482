import { ChangedQueue } from './changed-queue.ts';
import { SlotQueue } from './slot-queue.ts';
import type { TokenState } from './token-state.ts';

/**
 * Whose statistics are to be read again. A token waits either in the changed queue or in the wheel, filed under the
 * next second in which one of its buckets enters or leaves a window; that second is worked out when the token is taken
 * from the queue. So crossing a minute boundary with thousands of tokens only moves them from the wheel to the queue.
 */
export class Schedule {
  readonly #changed = new ChangedQueue();
  #wheel = new SlotQueue<TokenState>();
  #tMs = 0;

  get tMs(): number {
    return this.#tMs;
  }

  get changedCount(): number {
    return this.#changed.size;
  }

  mark(state: TokenState): void {
    if (state.isQueued) return;
    state.isQueued = true;
    this.#changed.add(state.token);
  }

  /** A forgotten token is told once more, and then no longer. */
  markForgotten(token: string): void {
    this.#changed.add(token);
  }

  advance(tMs: number): void {
    if (!(tMs > this.#tMs)) return;
    this.#tMs = tMs;
    const end = Math.floor(tMs / 1000) + 1;
    for (let due = this.#wheel.takeBelow(end); due !== undefined; due = this.#wheel.takeBelow(end)) {
      for (const state of due.items) {
        // A token that changed since it was filed has another entry by now, or is queued.
        if (state.isForgotten || state.dueSecond !== due.slot) continue;
        state.dueSecond = Number.POSITIVE_INFINITY;
        this.mark(state);
      }
    }
  }

  /** Back before every moment; whoever waits in the wheel has to be marked. */
  rewind(): void {
    this.#tMs = 0;
    this.#wheel = new SlotQueue();
  }

  take(max: number, stateOf: (token: string) => TokenState | undefined): string[] {
    const tokens = this.#changed.take(max);
    for (const token of tokens) {
      const state = stateOf(token);
      if (state === undefined) continue;
      state.isQueued = false;
      this.#file(state);
    }
    return tokens;
  }

  #file(state: TokenState): void {
    const second = state.nextEventSecond(this.#tMs);
    if (second === state.dueSecond) return;
    state.dueSecond = second;
    if (second < Number.POSITIVE_INFINITY) this.#wheel.push(second, state);
  }
}
