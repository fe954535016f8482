import type { LiveSwap } from './live.ts';
import type { LiveStore } from './live-store.ts';

/** The live swaps of a token in the order of open and close. New ones go near the end, old ones leave at the front. */
export class LiveList {
  readonly #store: LiveStore;
  #handles = new Int32Array(4);
  #start = 0;
  #end = 0;

  constructor(store: LiveStore) {
    this.#store = store;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  at(index: number): number {
    return this.#handles[this.#start + index]!;
  }

  /** A copy, in order. */
  handles(): Int32Array {
    return this.#handles.slice(this.#start, this.#end);
  }

  /** The first index whose swap does not sort before the given one. */
  indexFor(swap: LiveSwap): number {
    let low = 0;
    let high = this.length;
    if (high > 0 && this.#store.compare(this.at(high - 1), swap) < 0) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#store.compare(this.at(middle), swap) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The index of a swap that is in the list. */
  indexOf(handle: number, swap: LiveSwap): number {
    let index = this.indexFor(swap);
    // A forgotten id that was used again at the same moment compares equal; the handle tells them apart.
    while (this.at(index) !== handle) index += 1;
    return index;
  }

  /** The first index whose swap is not before the moment. */
  indexFrom(timestampMs: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#store.timestampMs(this.at(middle)) < timestampMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Puts a swap in its place and returns the index of it. */
  insert(handle: number, swap: LiveSwap): number {
    const index = this.indexFor(swap);
    if (this.#end === this.#handles.length) this.#makeRoom();
    const at = this.#start + index;
    if (at < this.#end) this.#handles.copyWithin(at + 1, at, this.#end);
    this.#handles[at] = handle;
    this.#end += 1;
    return index;
  }

  removeAt(index: number): void {
    const at = this.#start + index;
    this.#handles.copyWithin(at, at + 1, this.#end);
    this.#end -= 1;
  }

  shift(): void {
    this.#start += 1;
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = 0;
    }
  }

  /** Moves what is there to the front of the array, or to a larger one (a smaller one, when most has left). */
  #makeRoom(): void {
    const inUse = this.#handles.subarray(this.#start, this.#end);
    const handles = new Int32Array(Math.max(4, inUse.length * 2));
    handles.set(inUse);
    this.#end = inUse.length;
    this.#start = 0;
    this.#handles = handles;
  }
}
