import type { LiveSwap } from './live.ts';
import { LAST_BUYERS, LAST_SELLERS, LAST_TRADERS, type LastField } from './rows.ts';

/**
 * One trader of one token. Swaps that can still be replaced are listed one by one; of the others only the last buy
 * and the last sell matter. Times are ms, sorted; NEVER where there was none.
 */
export interface Trader {
  readonly trader: string;
  settledBuyMs: number;
  settledSellMs: number;
  readonly buysMs: number[];
  readonly sellsMs: number[];
}

export const NEVER = Number.NEGATIVE_INFINITY;

/** Told when a trader's last buy, sell or trade moves from one moment to another; NEVER stands for none. */
export type OnMove = (field: LastField, fromMs: number, toMs: number) => void;

/** The traders of one token: what distinct counts are made of. */
export class Traders {
  readonly #byName = new Map<string, Trader>();
  /** Traders whose last trade lay in a bucket that is gone: an upper bound of the entries that nothing needs. */
  #stale = 0;

  get size(): number {
    return this.#byName.size;
  }

  values(): IterableIterator<Trader> {
    return this.#byName.values();
  }

  count(swap: LiveSwap, onMove: OnMove): void {
    const trader = this.#ensure(swap.trader);
    const buyMs = lastBuy(trader);
    const sellMs = lastSell(trader);
    insertSorted(swap.isBuy ? trader.buysMs : trader.sellsMs, swap.timestampMs);
    report(trader, buyMs, sellMs, onMove);
  }

  uncount(swap: LiveSwap, onMove: OnMove): void {
    const trader = this.#byName.get(swap.trader)!;
    const buyMs = lastBuy(trader);
    const sellMs = lastSell(trader);
    const times = swap.isBuy ? trader.buysMs : trader.sellsMs;
    times.splice(times.lastIndexOf(swap.timestampMs), 1);
    report(trader, buyMs, sellMs, onMove);
    if (lastBuy(trader) === NEVER && lastSell(trader) === NEVER) this.#byName.delete(swap.trader);
  }

  /** A counted swap can no longer be replaced: it is the trader's earliest live one. No last moves. */
  settle(swap: LiveSwap): void {
    const trader = this.#byName.get(swap.trader)!;
    if (swap.isBuy) {
      trader.buysMs.shift();
      trader.settledBuyMs = swap.timestampMs;
    } else {
      trader.sellsMs.shift();
      trader.settledSellMs = swap.timestampMs;
    }
  }

  /** The last buy and the last sell before a moment, of a trader with swaps at or after it. */
  lastBefore(name: string, endMs: number): { buyMs: number; sellMs: number } {
    const trader = this.#byName.get(name)!;
    return {
      buyMs: lastOf(trader.buysMs, endMs, trader.settledBuyMs),
      sellMs: lastOf(trader.sellsMs, endMs, trader.settledSellMs),
    };
  }

  /** So many traders had their last trade in a bucket that is gone. */
  noteStale(count: number): void {
    this.#stale += count;
  }

  /** Lets go of traders whose last trade lies before a moment, once enough of them may be there to pay for the look. */
  sweep(goneBeforeMs: number): void {
    if (this.#stale <= 32 || this.#stale * 2 <= this.#byName.size) return;
    this.#stale = 0;
    for (const [name, trader] of this.#byName) {
      if (trader.buysMs.length + trader.sellsMs.length > 0) continue;
      if (Math.max(trader.settledBuyMs, trader.settledSellMs) < goneBeforeMs) this.#byName.delete(name);
    }
  }

  /** Restoring: a counted live swap, told in order of time. */
  restoreLive(swap: LiveSwap): void {
    const trader = this.#ensure(swap.trader);
    (swap.isBuy ? trader.buysMs : trader.sellsMs).push(swap.timestampMs);
  }

  restoreSettled(name: string, buyMs: number, sellMs: number): void {
    const trader = this.#ensure(name);
    trader.settledBuyMs = buyMs;
    trader.settledSellMs = sellMs;
  }

  #ensure(name: string): Trader {
    let trader = this.#byName.get(name);
    if (trader === undefined) {
      trader = { trader: name, settledBuyMs: NEVER, settledSellMs: NEVER, buysMs: [], sellsMs: [] };
      this.#byName.set(name, trader);
    }
    return trader;
  }
}

function lastBuy(trader: Trader): number {
  return trader.buysMs.length > 0 ? trader.buysMs[trader.buysMs.length - 1]! : trader.settledBuyMs;
}

function lastSell(trader: Trader): number {
  return trader.sellsMs.length > 0 ? trader.sellsMs[trader.sellsMs.length - 1]! : trader.settledSellMs;
}

function lastOf(times: number[], endMs: number, settledMs: number): number {
  for (let i = times.length - 1; i >= 0; i -= 1) if (times[i]! < endMs) return times[i]!;
  return settledMs;
}

function report(trader: Trader, buyMs: number, sellMs: number, onMove: OnMove): void {
  const newBuyMs = lastBuy(trader);
  const newSellMs = lastSell(trader);
  if (newBuyMs !== buyMs) onMove(LAST_BUYERS, buyMs, newBuyMs);
  if (newSellMs !== sellMs) onMove(LAST_SELLERS, sellMs, newSellMs);
  const anyMs = Math.max(buyMs, sellMs);
  const newAnyMs = Math.max(newBuyMs, newSellMs);
  if (newAnyMs !== anyMs) onMove(LAST_TRADERS, anyMs, newAnyMs);
}

function insertSorted(times: number[], timeMs: number): void {
  let at = times.length;
  while (at > 0 && times[at - 1]! > timeMs) at -= 1;
  if (at === times.length) times.push(timeMs);
  else times.splice(at, 0, timeMs);
}
