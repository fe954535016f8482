import { AMOUNT_LIMBS, addAmount, addUsd, USD_LIMBS } from './limbs.ts';
import type { LiveSwap } from './live.ts';
import { Pages } from './pages.ts';

/**
 * A row is a bucket, or the running sums of a window: a tally of what can be added and taken away again, and the
 * four prices.
 */
export const TRADES = 0;
export const BUYS = 1;
/** Trades whose price counts. */
export const PRICED = 2;
/** Traders whose last buy, last sell, last trade lies in this bucket: added over a window they are its distinct traders. */
export const LAST_BUYERS = 3;
export const LAST_SELLERS = 4;
export const LAST_TRADERS = 5;
export const BUY_USD = 6;
export const SELL_USD = BUY_USD + USD_LIMBS;
export const PRICED_USD = SELL_USD + USD_LIMBS;
export const BUY_AMOUNT = PRICED_USD + USD_LIMBS;
export const SELL_AMOUNT = BUY_AMOUNT + AMOUNT_LIMBS;
export const PRICED_AMOUNT = SELL_AMOUNT + AMOUNT_LIMBS;
export const TALLY_WIDTH = PRICED_AMOUNT + AMOUNT_LIMBS;
/** Two doubles each: a price key (price.ts). */
export const OPEN = PRICED_AMOUNT + AMOUNT_LIMBS;
export const HIGH = OPEN + 2;
export const LOW = HIGH + 2;
export const CLOSE = LOW + 2;
export const ROW_WIDTH = CLOSE + 2;

export type LastField = typeof LAST_BUYERS | typeof LAST_SELLERS | typeof LAST_TRADERS;

/** The rows of a partition. */
export class Rows extends Pages {
  constructor() {
    super(ROW_WIDTH);
  }
}

/** Adds or takes away what a counted swap contributes, prices aside. */
export function tallySwap(page: Float64Array, at: number, swap: LiveSwap, sign: 1 | -1): void {
  page[at + TRADES]! += sign;
  if (swap.isBuy) {
    page[at + BUYS]! += sign;
    addUsd(page, at + BUY_USD, swap.usd0, swap.usd1, sign);
    addAmount(page, at + BUY_AMOUNT, swap.amount0, swap.amount1, swap.amount2, swap.amount3, sign);
  } else {
    addUsd(page, at + SELL_USD, swap.usd0, swap.usd1, sign);
    addAmount(page, at + SELL_AMOUNT, swap.amount0, swap.amount1, swap.amount2, swap.amount3, sign);
  }
  if (!swap.isPriced) return;
  page[at + PRICED]! += sign;
  addUsd(page, at + PRICED_USD, swap.usd0, swap.usd1, sign);
  addAmount(page, at + PRICED_AMOUNT, swap.amount0, swap.amount1, swap.amount2, swap.amount3, sign);
}

/** Adds or takes away the tally of a whole row. */
export function tallyRow(to: Float64Array, at: number, from: Float64Array, fromAt: number, sign: 1 | -1): void {
  for (let i = 0; i < BUY_USD; i += 1) to[at + i]! += sign * from[fromAt + i]!;
  for (let i = BUY_USD; i < BUY_AMOUNT; i += USD_LIMBS) {
    addUsd(to, at + i, from[fromAt + i]!, from[fromAt + i + 1]!, sign);
  }
  for (let i = BUY_AMOUNT; i < TALLY_WIDTH; i += AMOUNT_LIMBS) {
    const a = fromAt + i;
    addAmount(to, at + i, from[a]!, from[a + 1]!, from[a + 2]!, from[a + 3]!, sign);
  }
}
