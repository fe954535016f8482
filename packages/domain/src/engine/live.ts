import type { SwapStatus } from '../swap.ts';

/**
 * A swap that may still be replaced: the newest version of its id. Mutable in its last fields only while it is made.
 * Amounts and USD are limbs (limbs.ts), the price is a key (price.ts).
 */
export interface LiveSwap {
  readonly id: string;
  readonly version: number;
  readonly status: SwapStatus;
  readonly timestampMs: number;
  /** -1 when absent, which sorts first. */
  readonly block: number;
  readonly logIndex: number;
  readonly trader: string;
  readonly isBuy: boolean;
  readonly usd0: number;
  readonly usd1: number;
  readonly amount0: number;
  readonly amount1: number;
  readonly amount2: number;
  readonly amount3: number;
  /** Worth at least PRICE_MIN_USD; the price of another is not worked out. */
  readonly isPriced: boolean;
  readonly priceHi: number;
  readonly priceLo: number;
}

const STATUS_RANK: Record<SwapStatus, number> = { pending: 0, confirmed: 1, reverted: 2 };

/** Whether `next` replaces `known`: a higher version, or the same version further on in its life. */
export function outranks(version: number, status: SwapStatus, known: LiveSwap): boolean {
  return version === known.version ? STATUS_RANK[status] > STATUS_RANK[known.status] : version > known.version;
}

export function isCounted(swap: LiveSwap): boolean {
  return swap.status === 'confirmed';
}

/** The order of open and close: (timestamp, block, logIndex, id by its UTF-8 bytes). */
export function compareSwaps(a: LiveSwap, b: LiveSwap): number {
  return a.timestampMs - b.timestampMs || a.block - b.block || a.logIndex - b.logIndex || compareUtf8(a.id, b.id);
}

/** Compares by UTF-8 bytes. UTF-16 units order alike up to U+D7FF; only beyond are the bytes asked. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x < 0xd800 && y < 0xd800) return x - y;
    // Unpaired surrogates all encode to U+FFFD: the units then decide, so that the order stays total.
    return Buffer.compare(Buffer.from(a), Buffer.from(b)) || x - y;
  }
  return a.length - b.length;
}

/** The live swaps of a token in the order of `compareSwaps`. New ones go near the end, old ones leave at the front. */
export class LiveList {
  #items: (LiveSwap | undefined)[] = [];
  #start = 0;

  get length(): number {
    return this.#items.length - this.#start;
  }

  at(index: number): LiveSwap {
    return this.#items[this.#start + index]!;
  }

  /** The first index whose swap does not sort before the given one. */
  indexFor(swap: LiveSwap): number {
    let low = 0;
    let high = this.length;
    if (high > 0 && compareSwaps(this.at(high - 1), swap) < 0) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareSwaps(this.at(middle), swap) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first index whose swap is not before the moment. */
  indexFrom(timestampMs: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle).timestampMs < timestampMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Puts the swap in its place and returns the index of it. */
  insert(swap: LiveSwap): number {
    const index = this.indexFor(swap);
    const items = this.#items;
    const at = this.#start + index;
    items.push(swap);
    if (at < items.length - 1) {
      items.copyWithin(at + 1, at, items.length - 1);
      items[at] = swap;
    }
    return index;
  }

  /** Takes out the very object; it has to be in the list. */
  remove(swap: LiveSwap): void {
    let index = this.indexFor(swap);
    // A forgotten id that was used again at the same moment compares equal; the object tells them apart.
    while (this.at(index) !== swap) index += 1;
    const at = this.#start + index;
    this.#items.copyWithin(at, at + 1);
    this.#items.pop();
  }

  first(): LiveSwap | undefined {
    return this.#items[this.#start];
  }

  shift(): void {
    this.#items[this.#start] = undefined;
    this.#start += 1;
    if (this.#start > 64 && this.#start * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#start);
      this.#start = 0;
    }
  }
}
