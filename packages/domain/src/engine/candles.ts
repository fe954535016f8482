import { MINUTE_MS } from '../rules.ts';
import { AMOUNT_LIMBS, addAmount, addUsd, formatLimbs, USD_LIMBS } from './limbs.ts';
import { formatPrice } from './price.ts';
import {
  BUY_AMOUNT,
  BUY_USD,
  CLOSE,
  HIGH,
  LOW,
  OPEN,
  PRICED,
  type Rows,
  SELL_AMOUNT,
  SELL_USD,
  TRADES,
} from './rows.ts';
import type { Shape } from './shape.ts';
import { TokenState } from './token-state.ts';
import type { CandleChange } from './types.ts';

const scratch = new Float64Array(AMOUNT_LIMBS);

/**
 * Collects the candles of a cut. A minute that becomes final is written down at once, since its bucket may be gone by
 * the time of the cut; one that merely changed is read from its bucket at the cut.
 */
export class Candles {
  readonly #shape: Shape;
  readonly #rows: Rows;
  readonly #changed = new Set<TokenState>();
  #final: CandleChange[] = [];

  constructor(shape: Shape, rows: Rows) {
    this.#shape = shape;
    this.#rows = rows;
  }

  get isEmpty(): boolean {
    return this.#changed.size === 0 && this.#final.length === 0;
  }

  /** The token has minutes that changed. */
  touch(state: TokenState): void {
    this.#changed.add(state);
  }

  /** Closes the minutes whose end is late by the bound. */
  finalise(state: TokenState, lateBoundMs: number): void {
    const end = TokenState.finalBelow(lateBoundMs);
    if (end <= state.finalMinute) return;
    const series = state.series[this.#shape.minuteSeries]!;
    for (let i = series.indexFrom(state.finalMinute); i < series.length && series.numberAt(i) < end; i += 1) {
      this.#final.push(this.#candle(state, series.numberAt(i), series.handleAt(i), true));
      state.changedMinutes.delete(series.numberAt(i));
    }
    // What changed and has no bucket lost all of its trades.
    for (const minute of state.changedMinutes) {
      if (minute >= end) continue;
      this.#final.push({ token: state.token, minuteMs: minute * MINUTE_MS, removed: true });
      state.changedMinutes.delete(minute);
    }
    state.finalMinute = end;
  }

  /** Sorted by token and minute: the same state gives the same cut, and writers lock rows in one order. */
  take(): CandleChange[] {
    const taken = this.#final;
    this.#final = [];
    for (const state of this.#changed) {
      const series = state.series[this.#shape.minuteSeries]!;
      for (const minute of state.changedMinutes) {
        const handle = series.find(minute);
        taken.push(
          handle < 0
            ? { token: state.token, minuteMs: minute * MINUTE_MS, removed: true }
            : this.#candle(state, minute, handle, false),
        );
      }
      state.changedMinutes.clear();
    }
    this.#changed.clear();
    return taken.toSorted((a, b) => (a.token === b.token ? a.minuteMs - b.minuteMs : a.token < b.token ? -1 : 1));
  }

  #candle(state: TokenState, minute: number, handle: number, final: boolean): CandleChange {
    const page = this.#rows.page(handle);
    const at = this.#rows.at(handle);
    const isPriced = page[at + PRICED]! > 0;
    const price = (field: number) => (isPriced ? formatPrice(page[at + field]!, page[at + field + 1]!) : null);
    return {
      token: state.token,
      minuteMs: minute * MINUTE_MS,
      open: price(OPEN),
      high: price(HIGH),
      low: price(LOW),
      close: price(CLOSE),
      volumeUsd: sumUsd(page, at + BUY_USD, at + SELL_USD),
      volume: sumAmounts(page, at + BUY_AMOUNT, at + SELL_AMOUNT),
      trades: page[at + TRADES]!,
      final,
    };
  }
}

export function sumUsd(page: Float64Array, a: number, b: number): string {
  scratch[0] = page[a]!;
  scratch[1] = page[a + 1]!;
  addUsd(scratch, 0, page[b]!, page[b + 1]!, 1);
  return formatLimbs(scratch, 0, USD_LIMBS, 6);
}

export function sumAmounts(page: Float64Array, a: number, b: number): string {
  scratch.set(page.subarray(a, a + AMOUNT_LIMBS));
  addAmount(scratch, 0, page[b]!, page[b + 1]!, page[b + 2]!, page[b + 3]!, 1);
  return formatLimbs(scratch, 0, AMOUNT_LIMBS, 18);
}
