import { MINUTE_MS, READ_SLACK_MS } from '../rules.ts';
import { isCounted, LiveList, type LiveSwap } from './live.ts';
import { comparePrices } from './price.ts';
import { CLOSE, HIGH, LAST_TRADERS, type LastField, LOW, OPEN, PRICED, type Rows, TRADES, tallySwap } from './rows.ts';
import { Series } from './series.ts';
import type { Shape } from './shape.ts';
import { NEVER, Traders } from './traders.ts';
import { WindowView } from './window-view.ts';

/** Everything about one token. The state is a function of the log; views and `isQueued` belong to the reader. */
export class TokenState {
  readonly token: string;
  readonly shard: number;
  symbol: string | null = null;
  name: string | null = null;
  firstSeenMs = Number.POSITIVE_INFINITY;
  /** Wtoken: the greatest timestamp of a record that was neither refused as late nor before that. */
  watermarkMs = Number.NEGATIVE_INFINITY;
  /** The last-seen time that a TokenChange told last. */
  toldSeenMs = Number.NEGATIVE_INFINITY;
  /** Minutes (numbers of) below this are final and told so. */
  finalMinute = Number.NEGATIVE_INFINITY;
  /** Minutes that changed since the last cut. */
  readonly changedMinutes = new Set<number>();
  /** Ids in memory. One is known only while its timestamp is inside the lateness: ask `known`. */
  readonly ids = new Map<string, LiveSwap>();
  readonly live = new LiveList();
  readonly traders = new Traders();
  readonly series: readonly Series[];
  /** In the order of the shape's windows; made at the first read. */
  views: WindowView[] | null = null;
  /** Waits in the changed queue; otherwise it waits in the wheel for `dueSecond`. */
  isQueued = false;
  dueSecond = Number.POSITIVE_INFINITY;
  isForgotten = false;
  readonly #shape: Shape;
  readonly #rows: Rows;

  constructor(token: string, shard: number, shape: Shape, rows: Rows) {
    this.token = token;
    this.shard = shard;
    this.#shape = shape;
    this.#rows = rows;
    this.series = shape.resolutionsMs.map(() => new Series());
  }

  /** The newest version of an id that is known: its timestamp lies inside the token's lateness. */
  known(id: string): LiveSwap | undefined {
    const swap = this.ids.get(id);
    if (swap === undefined || swap.timestampMs < this.watermarkMs - this.#shape.rules.latenessMs) return undefined;
    return swap;
  }

  /**
   * Puts a swap in the place of the known version of its id, if there is one.
   * @returns whether the replaced version was counted.
   */
  replace(swap: LiveSwap): boolean {
    const old = this.known(swap.id);
    const wasCounted = old !== undefined && isCounted(old);
    if (old !== undefined) {
      if (wasCounted) this.#uncount(old);
      this.live.remove(old);
    }
    this.ids.set(swap.id, swap);
    const index = this.live.insert(swap);
    if (isCounted(swap)) this.#count(swap, index);
    return wasCounted;
  }

  #count(swap: LiveSwap, index: number): void {
    const { resolutionsMs, minuteSeries } = this.#shape;
    const rows = this.#rows;
    const before = swap.isPriced ? this.#pricedBefore(swap, index) : undefined;
    const after = swap.isPriced ? this.#pricedAfter(swap, index) : undefined;
    for (let s = 0; s < resolutionsMs.length; s += 1) {
      const resolutionMs = resolutionsMs[s]!;
      const number = Math.floor(swap.timestampMs / resolutionMs);
      // A bucket that no read can need is made all the same; the next prune, right after, takes it away.
      const handle = this.series[s]!.ensure(number, rows);
      const page = rows.page(handle);
      const at = rows.at(handle);
      if (swap.isPriced) {
        const isFirst = page[at + PRICED] === 0;
        if (isFirst || before === undefined || before.timestampMs < number * resolutionMs)
          setPrice(page, at + OPEN, swap);
        if (isFirst || after === undefined || after.timestampMs >= (number + 1) * resolutionMs) {
          setPrice(page, at + CLOSE, swap);
        }
        if (isFirst || compareTo(swap, page, at + HIGH) > 0) setPrice(page, at + HIGH, swap);
        if (isFirst || compareTo(swap, page, at + LOW) < 0) setPrice(page, at + LOW, swap);
      }
      tallySwap(page, at, swap, 1);
      this.#changeViews(s, number, swap, 1);
    }
    this.traders.count(swap, this.#moveLast);
    this.changedMinutes.add(Math.floor(swap.timestampMs / resolutionsMs[minuteSeries]!));
  }

  /** Takes a counted swap, still in the live list, out of every figure. */
  #uncount(swap: LiveSwap): void {
    const { resolutionsMs, minuteSeries } = this.#shape;
    const rows = this.#rows;
    this.traders.uncount(swap, this.#moveLast);
    const index = this.#indexOf(swap);
    for (let s = 0; s < resolutionsMs.length; s += 1) {
      const resolutionMs = resolutionsMs[s]!;
      const number = Math.floor(swap.timestampMs / resolutionMs);
      const handle = this.series[s]!.find(number);
      if (handle < 0) continue;
      const page = rows.page(handle);
      const at = rows.at(handle);
      tallySwap(page, at, swap, -1);
      this.#changeViews(s, number, swap, -1);
      if (page[at + TRADES] === 0) this.series[s]!.remove(number, rows);
      else if (swap.isPriced && page[at + PRICED]! > 0)
        this.#repriceWithout(swap, index, number * resolutionMs, resolutionMs, page, at);
    }
    this.changedMinutes.add(Math.floor(swap.timestampMs / resolutionsMs[minuteSeries]!));
  }

  #indexOf(swap: LiveSwap): number {
    let index = this.live.indexFor(swap);
    while (this.live.at(index) !== swap) index += 1;
    return index;
  }

  #changeViews(series: number, number: number, swap: LiveSwap, sign: 1 | -1): void {
    if (this.views === null) return;
    const { windows } = this.#shape;
    for (let w = 0; w < windows.length; w += 1) {
      const view = this.views[w]!;
      if (windows[w]!.series === series && view.holds(number)) view.change(swap, sign, this.#rows);
    }
  }

  /** The prices of a bucket that loses a swap and keeps other priced ones. All of them are in the live list. */
  #repriceWithout(
    swap: LiveSwap,
    index: number,
    startMs: number,
    lengthMs: number,
    page: Float64Array,
    at: number,
  ): void {
    const before = this.#pricedBefore(swap, index);
    const after = this.#pricedAfter(swap, index);
    const isFirst = before === undefined || before.timestampMs < startMs;
    const isLast = after === undefined || after.timestampMs >= startMs + lengthMs;
    if (isFirst) setPrice(page, at + OPEN, after!);
    if (isLast) setPrice(page, at + CLOSE, before!);
    if (compareTo(swap, page, at + HIGH) === 0 || compareTo(swap, page, at + LOW) === 0) {
      this.#findExtremes(swap, startMs, startMs + lengthMs, page, at);
    }
  }

  #findExtremes(without: LiveSwap, startMs: number, endMs: number, page: Float64Array, at: number): void {
    let high: LiveSwap | undefined;
    let low: LiveSwap | undefined;
    for (let i = this.live.indexFrom(startMs); i < this.live.length; i += 1) {
      const swap = this.live.at(i);
      if (swap.timestampMs >= endMs) break;
      if (swap === without || !isCounted(swap) || !swap.isPriced) continue;
      if (high === undefined || comparePrices(swap.priceHi, swap.priceLo, high.priceHi, high.priceLo) > 0) high = swap;
      if (low === undefined || comparePrices(swap.priceHi, swap.priceLo, low.priceHi, low.priceLo) < 0) low = swap;
    }
    setPrice(page, at + HIGH, high!);
    setPrice(page, at + LOW, low!);
  }

  /** The nearest counted priced swap in front of an index, not further off than the coarsest bucket reaches. */
  #pricedBefore(swap: LiveSwap, index: number): LiveSwap | undefined {
    const startMs = Math.floor(swap.timestampMs / this.#shape.grainMs) * this.#shape.grainMs;
    for (let i = index - 1; i >= 0; i -= 1) {
      const other = this.live.at(i);
      if (other.timestampMs < startMs) return undefined;
      if (isCounted(other) && other.isPriced) return other;
    }
    return undefined;
  }

  #pricedAfter(swap: LiveSwap, index: number): LiveSwap | undefined {
    const endMs = (Math.floor(swap.timestampMs / this.#shape.grainMs) + 1) * this.#shape.grainMs;
    for (let i = index + 1; i < this.live.length; i += 1) {
      const other = this.live.at(i);
      if (other.timestampMs >= endMs) return undefined;
      if (isCounted(other) && other.isPriced) return other;
    }
    return undefined;
  }

  readonly #moveLast = (field: LastField, fromMs: number, toMs: number): void => {
    const { resolutionsMs } = this.#shape;
    for (let s = 0; s < resolutionsMs.length; s += 1) {
      const from = Math.floor(fromMs / resolutionsMs[s]!);
      const to = Math.floor(toMs / resolutionsMs[s]!);
      if (from === to) continue;
      if (fromMs !== NEVER) this.#addLast(field, s, from, -1);
      if (toMs !== NEVER) this.#addLast(field, s, to, 1);
    }
  };

  #addLast(field: LastField, s: number, number: number, sign: 1 | -1): void {
    const handle = this.series[s]!.find(number);
    // Its bucket is gone, and with it the count of those whose last trade was there.
    if (handle < 0) {
      if (sign === 1 && field === LAST_TRADERS && s === this.#shape.longest.series) this.traders.noteStale(1);
      return;
    }
    const rows = this.#rows;
    rows.page(handle)[rows.at(handle) + field]! += sign;
    if (this.views === null) return;
    const { windows } = this.#shape;
    for (let w = 0; w < windows.length; w += 1) {
      const view = this.views[w]!;
      if (windows[w]!.series === s && view.holds(number)) rows.page(view.row)[rows.at(view.row) + field]! += sign;
    }
  }

  /** Lets go of swaps that no later record can replace, by whole buckets. */
  settle(partitionMs: number): void {
    const { grainMs, rules } = this.#shape;
    const bound = Math.min(this.watermarkMs - rules.latenessMs, partitionMs - READ_SLACK_MS);
    const endMs = Math.floor(bound / grainMs) * grainMs;
    for (let swap = this.live.first(); swap !== undefined && swap.timestampMs < endMs; swap = this.live.first()) {
      if (isCounted(swap)) this.traders.settle(swap);
      // The id may have been used again after it was forgotten.
      if (this.ids.get(swap.id) === swap) this.ids.delete(swap.id);
      this.live.shift();
    }
  }

  /** Drops the buckets that no read at `partitionMs - READ_SLACK_MS` or later can need. */
  prune(partitionMs: number): void {
    const { resolutionsMs, spansMs, minuteSeries } = this.#shape;
    for (let s = 0; s < resolutionsMs.length; s += 1) {
      const resolutionMs = resolutionsMs[s]!;
      const spanMs = spansMs[s]!;
      let to = Math.floor((partitionMs - READ_SLACK_MS) / resolutionMs) - spanMs / resolutionMs;
      if (s === minuteSeries) to = spanMs === 0 ? this.finalMinute - 1 : Math.min(to, this.finalMinute - 1);
      if (this.series[s]!.length > 0 && this.series[s]!.numberAt(0) <= to) this.#pruneSeries(s, to);
      if (s === this.#shape.longest.series) this.traders.sweep((to + 1) * resolutionMs);
    }
  }

  #pruneSeries(s: number, to: number): void {
    const rows = this.#rows;
    const { windows, longest } = this.#shape;
    this.series[s]!.prune(to, rows, (number, handle) => {
      if (s === longest.series) this.traders.noteStale(rows.page(handle)[rows.at(handle) + LAST_TRADERS]!);
      this.views?.forEach((view, w) => {
        if (windows[w]!.series === s) view.dropBucket(number, handle, rows);
      });
    });
  }

  /** The view of each window, moved to the moment. */
  viewsAt(tMs: number): WindowView[] {
    const { windows } = this.#shape;
    this.views ??= windows.map((window) => new WindowView(window.buckets, this.#rows));
    for (let w = 0; w < windows.length; w += 1) {
      const { resolutionMs, series } = windows[w]!;
      this.views[w]!.moveTo(Math.floor(tMs / resolutionMs), this.series[series]!, this.#rows);
    }
    return this.views;
  }

  /** The first second after `tMs` in which a bucket enters or leaves a window; infinity when none will. */
  nextEventSecond(tMs: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { resolutionMs, series: s, buckets } of this.#shape.windows) {
      const series = this.series[s]!;
      const head = Math.floor(tMs / resolutionMs);
      const oldest = series.indexFrom(head - buckets + 1);
      if (oldest === series.length) continue;
      const number = series.numberAt(oldest);
      next = Math.min(next, (number <= head ? number + buckets : number) * resolutionMs);
      if (number > head) continue;
      const ahead = series.indexFrom(head + 1);
      if (ahead < series.length) next = Math.min(next, series.numberAt(ahead) * resolutionMs);
    }
    return next / 1000;
  }

  /** Gives all rows back. The state must not be used afterwards. */
  release(): void {
    const rows = this.#rows;
    for (const series of this.series) series.prune(Number.POSITIVE_INFINITY, rows, () => {});
    for (const view of this.views ?? []) rows.release(view.row);
    this.views = null;
    this.isForgotten = true;
  }

  /** Minutes below this are final when the end of a minute is late by the given bound. */
  static finalBelow(lateBoundMs: number): number {
    return Math.ceil(lateBoundMs / MINUTE_MS) - 1;
  }
}

function setPrice(page: Float64Array, at: number, swap: LiveSwap): void {
  page[at] = swap.priceHi;
  page[at + 1] = swap.priceLo;
}

function compareTo(swap: LiveSwap, page: Float64Array, at: number): number {
  return comparePrices(swap.priceHi, swap.priceLo, page[at]!, page[at + 1]!);
}
