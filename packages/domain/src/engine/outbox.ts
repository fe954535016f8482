import { Candles } from './candles.ts';
import { Journal } from './journal.ts';
import type { Rows } from './rows.ts';
import type { Shape } from './shape.ts';
import type { TokenState } from './token-state.ts';
import type { TokenChange } from './types.ts';

/** A token's last-seen time is told again when it moved by more than this. */
const TELL_SEEN_AFTER_MS = 3_600_000;

/** What the next cut hands over: journal, candles and tokens, gathered while records are applied. */
export class Outbox {
  readonly journal = new Journal();
  readonly candles: Candles;
  readonly #told = new Map<string, TokenChange>();
  readonly #toTell = new Set<TokenState>();

  constructor(shape: Shape, rows: Rows) {
    this.candles = new Candles(shape, rows);
  }

  get isEmpty(): boolean {
    return this.journal.isEmpty && this.candles.isEmpty && this.#told.size === 0 && this.#toTell.size === 0;
  }

  /** Tells the token at the next cut if it is new, carries another label, or was seen well after it was told last. */
  noteSeen(state: TokenState, isRelabelled: boolean): void {
    if (isRelabelled || state.watermarkMs - state.toldSeenMs > TELL_SEEN_AFTER_MS) this.#toTell.add(state);
  }

  noteForgotten(state: TokenState): void {
    this.#toTell.delete(state);
    this.#told.set(state.token, changeOf(state));
  }

  /** Sorted by token. */
  takeTokens(): TokenChange[] {
    for (const state of this.#toTell) {
      state.toldSeenMs = state.watermarkMs;
      this.#told.set(state.token, changeOf(state));
    }
    const taken = [...this.#told.values()];
    this.#told.clear();
    this.#toTell.clear();
    return taken.toSorted((a, b) => (a.token < b.token ? -1 : 1));
  }
}

function changeOf(state: TokenState): TokenChange {
  return {
    token: state.token,
    symbol: state.symbol,
    name: state.name,
    firstSeenMs: state.firstSeenMs,
    lastSeenMs: state.watermarkMs,
  };
}
