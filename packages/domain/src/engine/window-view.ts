import type { LiveSwap } from './live.ts';
import { comparePrices } from './price.ts';
import { HIGH, LOW, PRICED, type Rows, tallyRow, tallySwap } from './rows.ts';
import type { Series } from './series.ts';

/**
 * The running sums of one window of one token over the buckets in (tail, head]. The head moves with the read moment,
 * when somebody reads; what a bucket gains or loses in the meantime is added here as well. So a read costs what
 * entered and left since the last one, not the length of the window.
 */
export class WindowView {
  readonly buckets: number;
  readonly row: number;
  head = Number.NEGATIVE_INFINITY;
  tail = Number.NEGATIVE_INFINITY;
  /** Whether the high and low of the row are right; otherwise they are looked for at the next read. */
  #hasExtremes = false;

  constructor(buckets: number, rows: Rows) {
    this.buckets = buckets;
    this.row = rows.allocate();
  }

  holds(number: number): boolean {
    return number > this.tail && number <= this.head;
  }

  /** Moves to the window that ends with bucket `head`; a window never moves back. */
  moveTo(head: number, series: Series, rows: Rows): void {
    if (head <= this.head) return;
    const tail = head - this.buckets;
    this.#leave(this.tail, Math.min(tail, this.head), series, rows);
    this.#enter(Math.max(tail, this.head), head, series, rows);
    this.head = head;
    this.tail = tail;
  }

  /** Takes the sums of buckets in (from, to] out. */
  #leave(from: number, to: number, series: Series, rows: Rows): void {
    for (let i = series.indexFrom(from + 1); i < series.length && series.numberAt(i) <= to; i += 1) {
      this.#takeOut(series.handleAt(i), rows);
    }
  }

  #takeOut(bucket: number, rows: Rows): void {
    const page = rows.page(bucket);
    const at = rows.at(bucket);
    tallyRow(rows.page(this.row), rows.at(this.row), page, at, -1);
    if (page[at + PRICED]! > 0) this.#forgetExtremes(page, at, rows);
  }

  #enter(from: number, to: number, series: Series, rows: Rows): void {
    const page = rows.page(this.row);
    const at = rows.at(this.row);
    for (let i = series.indexFrom(from + 1); i < series.length && series.numberAt(i) <= to; i += 1) {
      const bucket = series.handleAt(i);
      const wasEmpty = page[at + PRICED] === 0;
      tallyRow(page, at, rows.page(bucket), rows.at(bucket), 1);
      if (wasEmpty) this.#hasExtremes = false;
      else if (this.#hasExtremes) widen(page, at, rows.page(bucket), rows.at(bucket));
    }
  }

  /** A bucket inside the window is about to go for good. */
  dropBucket(number: number, handle: number, rows: Rows): void {
    if (!this.holds(number)) return;
    this.#takeOut(handle, rows);
    this.tail = number;
  }

  /** A bucket inside the window gained (1) or lost (-1) a swap. */
  change(swap: LiveSwap, sign: 1 | -1, rows: Rows): void {
    const page = rows.page(this.row);
    const at = rows.at(this.row);
    tallySwap(page, at, swap, sign);
    if (!swap.isPriced || !this.#hasExtremes) return;
    if (sign === 1) {
      if (comparePrices(swap.priceHi, swap.priceLo, page[at + HIGH]!, page[at + HIGH + 1]!) > 0) {
        page[at + HIGH] = swap.priceHi;
        page[at + HIGH + 1] = swap.priceLo;
      }
      if (comparePrices(swap.priceHi, swap.priceLo, page[at + LOW]!, page[at + LOW + 1]!) < 0) {
        page[at + LOW] = swap.priceHi;
        page[at + LOW + 1] = swap.priceLo;
      }
    } else if (
      (swap.priceHi === page[at + HIGH] && swap.priceLo === page[at + HIGH + 1]) ||
      (swap.priceHi === page[at + LOW] && swap.priceLo === page[at + LOW + 1])
    ) {
      this.#hasExtremes = false;
    }
  }

  /** A bucket with the high or the low of the window leaves: another one has it now. */
  #forgetExtremes(page: Float64Array, at: number, rows: Rows): void {
    const own = rows.page(this.row);
    const ownAt = rows.at(this.row);
    for (const field of [HIGH, LOW]) {
      if (page[at + field] === own[ownAt + field] && page[at + field + 1] === own[ownAt + field + 1]) {
        this.#hasExtremes = false;
      }
    }
  }

  /** Makes the high and low of the row right. The window must hold a priced trade. */
  findExtremes(series: Series, rows: Rows): void {
    if (this.#hasExtremes) return;
    const page = rows.page(this.row);
    const at = rows.at(this.row);
    let found = false;
    for (let i = series.indexFrom(this.tail + 1); i < series.length && series.numberAt(i) <= this.head; i += 1) {
      const bucket = series.handleAt(i);
      const from = rows.page(bucket);
      const fromAt = rows.at(bucket);
      if (from[fromAt + PRICED] === 0) continue;
      if (found) widen(page, at, from, fromAt);
      else for (let k = 0; k < 4; k += 1) page[at + HIGH + k] = from[fromAt + HIGH + k]!;
      found = true;
    }
    this.#hasExtremes = true;
  }
}

/** Widens the high and low at `at` to those of a bucket, if that one has a priced trade. */
function widen(page: Float64Array, at: number, from: Float64Array, fromAt: number): void {
  if (from[fromAt + PRICED] === 0) return;
  const highHi = from[fromAt + HIGH]!;
  const highLo = from[fromAt + HIGH + 1]!;
  if (comparePrices(highHi, highLo, page[at + HIGH]!, page[at + HIGH + 1]!) > 0) {
    page[at + HIGH] = highHi;
    page[at + HIGH + 1] = highLo;
  }
  const lowHi = from[fromAt + LOW]!;
  const lowLo = from[fromAt + LOW + 1]!;
  if (comparePrices(lowHi, lowLo, page[at + LOW]!, page[at + LOW + 1]!) < 0) {
    page[at + LOW] = lowHi;
    page[at + LOW + 1] = lowLo;
  }
}
