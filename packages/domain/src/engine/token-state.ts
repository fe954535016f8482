import { MINUTE_MS, READ_SLACK_MS } from '../rules.ts';
import { BucketPrices } from './bucket-prices.ts';
import type { LiveSwap } from './live.ts';
import { LiveList } from './live-list.ts';
import { LiveStore } from './live-store.ts';
import { Names } from './names.ts';
import { LAST_TRADERS, type LastField, PRICED, Rows, TRADES, tallySwap } from './rows.ts';
import { Series } from './series.ts';
import type { Shape } from './shape.ts';
import { NEVER, Traders } from './traders.ts';
import { WindowView } from './window-view.ts';

/** What the tokens of a partition share. */
export interface Memory {
  readonly shape: Shape;
  readonly rows: Rows;
  readonly names: Names;
  readonly store: LiveStore;
}

export function createMemory(shape: Shape): Memory {
  const names = new Names();
  return { shape, rows: new Rows(), names, store: new LiveStore(names) };
}

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
  /** Live swaps by id. One is known only while its timestamp is inside the lateness: ask `known`. */
  readonly ids = new Map<string, number>();
  readonly live: LiveList;
  readonly traders: Traders;
  readonly series: readonly Series[];
  /** In the order of the shape's windows; made at the first read. */
  views: WindowView[] | null = null;
  /** Waits in the changed queue; otherwise it waits in the wheel for `dueSecond`. */
  isQueued = false;
  dueSecond = Number.POSITIVE_INFINITY;
  isForgotten = false;
  /** Which journal named the token last, and by what number there. */
  journal = 0;
  journalNumber = 0;
  readonly #shape: Shape;
  readonly #rows: Rows;
  readonly #store: LiveStore;
  readonly #prices: BucketPrices;

  constructor(token: string, shard: number, memory: Memory) {
    this.token = token;
    this.shard = shard;
    this.#shape = memory.shape;
    this.#rows = memory.rows;
    this.#store = memory.store;
    this.live = new LiveList(memory.store);
    this.#prices = new BucketPrices(memory.store, this.live);
    this.traders = new Traders(memory.store, memory.names);
    this.series = memory.shape.resolutionsMs.map(() => new Series());
  }

  /** The newest version of an id, if that is known: its timestamp lies inside the token's lateness. */
  known(id: string): number | undefined {
    const handle = this.ids.get(id);
    if (handle === undefined) return undefined;
    return this.#store.timestampMs(handle) < this.watermarkMs - this.#shape.rules.latenessMs ? undefined : handle;
  }

  /**
   * Puts a swap in the place of the known version of its id, if there is one.
   * @returns whether any figure may have changed: one of the two is counted.
   */
  replace(swap: LiveSwap, known: number | undefined): boolean {
    const wasCounted = known !== undefined && this.#store.isCounted(known);
    if (known !== undefined) this.#takeOut(known);
    const handle = this.#store.add(swap);
    this.ids.set(swap.id, handle);
    const index = this.live.insert(handle, swap);
    const isCounted = this.#store.isCounted(handle);
    if (isCounted) this.#count(swap, handle, index);
    return wasCounted || isCounted;
  }

  #takeOut(handle: number): void {
    const swap = this.#store.get(handle);
    const index = this.live.indexOf(handle, swap);
    if (this.#store.isCounted(handle)) this.#uncount(swap, handle, index);
    this.live.removeAt(index);
    this.#store.release(handle);
  }

  #count(swap: LiveSwap, handle: number, index: number): void {
    const { resolutionsMs, grainMs } = this.#shape;
    const rows = this.#rows;
    if (swap.isPriced) this.#prices.lookAround(index, swap.timestampMs, grainMs);
    for (let s = 0; s < resolutionsMs.length; s += 1) {
      const resolutionMs = resolutionsMs[s]!;
      const number = Math.floor(swap.timestampMs / resolutionMs);
      // A bucket that no read can need is made all the same; the next prune, right after, takes it away.
      const bucket = this.series[s]!.ensure(number, rows);
      const page = rows.page(bucket);
      const at = rows.at(bucket);
      if (swap.isPriced) this.#prices.add(swap, number * resolutionMs, (number + 1) * resolutionMs, page, at);
      tallySwap(page, at, swap, 1);
      this.#changeViews(s, number, swap, 1);
    }
    this.traders.count(handle, this.#moveLast);
    this.changedMinutes.add(Math.floor(swap.timestampMs / MINUTE_MS));
  }

  /** Takes a counted swap, still in the live list, out of every figure. */
  #uncount(swap: LiveSwap, handle: number, index: number): void {
    const { resolutionsMs, grainMs } = this.#shape;
    const rows = this.#rows;
    this.traders.uncount(handle, this.#moveLast);
    if (swap.isPriced) this.#prices.lookAround(index, swap.timestampMs, grainMs);
    for (let s = 0; s < resolutionsMs.length; s += 1) {
      const resolutionMs = resolutionsMs[s]!;
      const number = Math.floor(swap.timestampMs / resolutionMs);
      const bucket = this.series[s]!.find(number);
      if (bucket < 0) continue;
      const page = rows.page(bucket);
      const at = rows.at(bucket);
      tallySwap(page, at, swap, -1);
      this.#changeViews(s, number, swap, -1);
      if (page[at + TRADES] === 0) this.series[s]!.remove(number, rows);
      else if (swap.isPriced && page[at + PRICED]! > 0) {
        this.#prices.remove(handle, swap, number * resolutionMs, (number + 1) * resolutionMs, page, at);
      }
    }
    this.changedMinutes.add(Math.floor(swap.timestampMs / MINUTE_MS));
  }

  #changeViews(series: number, number: number, swap: LiveSwap, sign: 1 | -1): void {
    if (this.views === null) return;
    const { windows } = this.#shape;
    for (let w = 0; w < windows.length; w += 1) {
      const view = this.views[w]!;
      if (windows[w]!.series === series && view.holds(number)) view.change(swap, sign, this.#rows);
    }
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
    while (this.live.length > 0 && this.#store.timestampMs(this.live.at(0)) < endMs) {
      const handle = this.live.at(0);
      if (this.#store.isCounted(handle)) this.traders.settle(handle);
      this.live.shift();
      this.#letGo(handle);
    }
  }

  #letGo(handle: number): void {
    // The id may have been used again after it was forgotten.
    if (this.ids.get(this.#store.id(handle)) === handle) this.ids.delete(this.#store.id(handle));
    this.#store.release(handle);
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

  /** The next read makes the views anew, at whatever moment. */
  dropViews(): void {
    for (const view of this.views ?? []) this.#rows.release(view.row);
    this.views = null;
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
    this.dropViews();
    for (; this.live.length > 0; this.live.shift()) this.#letGo(this.live.at(0));
    this.traders.clear();
    this.isForgotten = true;
  }

  /** Minutes below this are final when the end of a minute is late by the given bound. */
  static finalBelow(lateBoundMs: number): number {
    return Math.ceil(lateBoundMs / MINUTE_MS) - 1;
  }
}
