import type { Rows } from './rows.ts';

/** The buckets of one token at one resolution: sparse, sorted by bucket number, each a row. */
export class Series {
  /** Sorted; in use from `#start` on. */
  #numbers: number[] = [];
  #handles: number[] = [];
  #start = 0;

  get length(): number {
    return this.#numbers.length - this.#start;
  }

  numberAt(index: number): number {
    return this.#numbers[this.#start + index]!;
  }

  handleAt(index: number): number {
    return this.#handles[this.#start + index]!;
  }

  /** The first index whose bucket number is not below the given one. */
  indexFrom(number: number): number {
    const numbers = this.#numbers;
    let low = this.#start;
    let high = numbers.length;
    // Most look-ups are for the newest bucket or for what comes after it.
    if (high > low) {
      const newest = numbers[high - 1]!;
      if (number > newest) return high - low;
      if (number === newest) return high - 1 - low;
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (numbers[middle]! < number) low = middle + 1;
      else high = middle;
    }
    return low - this.#start;
  }

  /** The row of a bucket, or -1. */
  find(number: number): number {
    const index = this.indexFrom(number);
    return index < this.length && this.numberAt(index) === number ? this.handleAt(index) : -1;
  }

  /** The row of a bucket, made when it is not there. */
  ensure(number: number, rows: Rows): number {
    const index = this.indexFrom(number);
    if (index < this.length && this.numberAt(index) === number) return this.handleAt(index);
    const handle = rows.allocate();
    if (index === this.length) {
      this.#numbers.push(number);
      this.#handles.push(handle);
    } else {
      this.#numbers.splice(this.#start + index, 0, number);
      this.#handles.splice(this.#start + index, 0, handle);
    }
    return handle;
  }

  remove(number: number, rows: Rows): void {
    const at = this.#start + this.indexFrom(number);
    rows.release(this.#handles[at]!);
    this.#numbers.splice(at, 1);
    this.#handles.splice(at, 1);
  }

  /** Drops all buckets up to a number, telling each before its row is released. */
  prune(to: number, rows: Rows, onBucket: (number: number, handle: number) => void): void {
    while (this.#start < this.#numbers.length && this.#numbers[this.#start]! <= to) {
      const handle = this.#handles[this.#start]!;
      onBucket(this.#numbers[this.#start]!, handle);
      rows.release(handle);
      this.#start += 1;
    }
    if (this.#start > 32 && this.#start * 2 > this.#numbers.length) {
      this.#numbers = this.#numbers.slice(this.#start);
      this.#handles = this.#handles.slice(this.#start);
      this.#start = 0;
    }
  }
}
