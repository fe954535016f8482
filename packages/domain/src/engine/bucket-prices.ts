import type { LiveSwap } from './live.ts';
import type { LiveList } from './live-list.ts';
import type { LiveStore } from './live-store.ts';
import { comparePrices } from './price.ts';
import { CLOSE, HIGH, LOW, OPEN, PRICED } from './rows.ts';

const NONE = -1;

/**
 * Open, high, low and close of the buckets that a swap falls into, kept right while the swap comes or goes. The live
 * list has every swap of a bucket that can change, so it says who is first and last, and who is next when one goes.
 */
export class BucketPrices {
  readonly #store: LiveStore;
  readonly #live: LiveList;
  /** The priced swaps next to the one that comes or goes, and their moments; infinitely far when there is none. */
  #before = NONE;
  #beforeMs = 0;
  #after = NONE;
  #afterMs = 0;

  constructor(store: LiveStore, live: LiveList) {
    this.#store = store;
    this.#live = live;
  }

  /** Looks for the neighbours of the swap at an index, not further off than the coarsest bucket reaches. */
  lookAround(index: number, timestampMs: number, grainMs: number): void {
    const startMs = Math.floor(timestampMs / grainMs) * grainMs;
    this.#before = this.#pricedBefore(index, startMs);
    this.#beforeMs = this.#before === NONE ? Number.NEGATIVE_INFINITY : this.#store.timestampMs(this.#before);
    this.#after = this.#pricedAfter(index, startMs + grainMs);
    this.#afterMs = this.#after === NONE ? Number.POSITIVE_INFINITY : this.#store.timestampMs(this.#after);
  }

  /** The swap that was looked around from comes into a bucket whose tally does not have it yet. */
  add(swap: LiveSwap, startMs: number, endMs: number, page: Float64Array, at: number): void {
    const isOnly = page[at + PRICED] === 0;
    if (isOnly || this.#beforeMs < startMs) setPrice(page, at + OPEN, swap);
    if (isOnly || this.#afterMs >= endMs) setPrice(page, at + CLOSE, swap);
    if (isOnly || compareTo(swap, page, at + HIGH) > 0) setPrice(page, at + HIGH, swap);
    if (isOnly || compareTo(swap, page, at + LOW) < 0) setPrice(page, at + LOW, swap);
  }

  /** The swap that was looked around from has left the tally of a bucket that keeps other priced ones. */
  remove(handle: number, swap: LiveSwap, startMs: number, endMs: number, page: Float64Array, at: number): void {
    if (this.#beforeMs < startMs) this.#copyPrice(page, at + OPEN, this.#after);
    if (this.#afterMs >= endMs) this.#copyPrice(page, at + CLOSE, this.#before);
    if (compareTo(swap, page, at + HIGH) === 0 || compareTo(swap, page, at + LOW) === 0) {
      this.#findExtremes(handle, startMs, endMs, page, at);
    }
  }

  #findExtremes(without: number, startMs: number, endMs: number, page: Float64Array, at: number): void {
    const store = this.#store;
    let high = NONE;
    let low = NONE;
    for (let i = this.#live.indexFrom(startMs); i < this.#live.length; i += 1) {
      const handle = this.#live.at(i);
      if (store.timestampMs(handle) >= endMs) break;
      if (handle === without || !store.givesPrice(handle)) continue;
      if (high === NONE || this.#compare(handle, high) > 0) high = handle;
      if (low === NONE || this.#compare(handle, low) < 0) low = handle;
    }
    this.#copyPrice(page, at + HIGH, high);
    this.#copyPrice(page, at + LOW, low);
  }

  #pricedBefore(index: number, startMs: number): number {
    for (let i = index - 1; i >= 0; i -= 1) {
      const handle = this.#live.at(i);
      if (this.#store.timestampMs(handle) < startMs) return NONE;
      if (this.#store.givesPrice(handle)) return handle;
    }
    return NONE;
  }

  #pricedAfter(index: number, endMs: number): number {
    for (let i = index + 1; i < this.#live.length; i += 1) {
      const handle = this.#live.at(i);
      if (this.#store.timestampMs(handle) >= endMs) return NONE;
      if (this.#store.givesPrice(handle)) return handle;
    }
    return NONE;
  }

  #compare(a: number, b: number): number {
    const store = this.#store;
    return comparePrices(store.priceHi(a), store.priceLo(a), store.priceHi(b), store.priceLo(b));
  }

  #copyPrice(page: Float64Array, at: number, handle: number): void {
    page[at] = this.#store.priceHi(handle);
    page[at + 1] = this.#store.priceLo(handle);
  }
}

function setPrice(page: Float64Array, at: number, swap: LiveSwap): void {
  page[at] = swap.priceHi;
  page[at + 1] = swap.priceLo;
}

function compareTo(swap: LiveSwap, page: Float64Array, at: number): number {
  return comparePrices(swap.priceHi, swap.priceLo, page[at]!, page[at + 1]!);
}
