import type { SwapStatus } from '../swap.ts';
import { compareUtf8, type LiveSwap } from './live.ts';
import type { Names } from './names.ts';
import { Pages } from './pages.ts';

const TIMESTAMP = 0;
const BLOCK = 1;
const LOG_INDEX = 2;
const VERSION = 3;
const FLAGS = 4;
const TRADER = 5;
const USD = 6;
const AMOUNT = 8;
const PRICE = 12;
/** Neighbours in the list of a trader's counted buys or sells (traders.ts). */
const OLDER = 14;
const NEWER = 15;
const WIDTH = 16;

const STATUSES: readonly SwapStatus[] = ['pending', 'confirmed', 'reverted'];
const STATUS_MASK = 3;
const CONFIRMED = 1;
const IS_BUY = 4;
const IS_PRICED = 8;

/**
 * The swaps that may still be replaced, of all tokens, in columns: twenty minutes of a busy partition are millions of
 * them, and as objects they would keep the garbage collector busy.
 */
export class LiveStore {
  readonly #pages = new Pages(WIDTH);
  readonly #ids: string[] = [];
  readonly #traders: Names;
  /** Released while pinned: they can be read until the end of that. */
  #deferred: number[] | null = null;

  constructor(traders: Names) {
    this.#traders = traders;
  }

  get size(): number {
    return this.#pages.size;
  }

  add(swap: LiveSwap): number {
    const handle = this.#pages.allocate();
    const page = this.#pages.page(handle);
    const at = this.#pages.at(handle);
    this.#ids[handle] = swap.id;
    page[at + TIMESTAMP] = swap.timestampMs;
    page[at + BLOCK] = swap.block;
    page[at + LOG_INDEX] = swap.logIndex;
    page[at + VERSION] = swap.version;
    page[at + FLAGS] = STATUSES.indexOf(swap.status) | (swap.isBuy ? IS_BUY : 0) | (swap.isPriced ? IS_PRICED : 0);
    page[at + TRADER] = this.#traders.acquire(swap.trader);
    page[at + USD] = swap.usd0;
    page[at + USD + 1] = swap.usd1;
    page[at + AMOUNT] = swap.amount0;
    page[at + AMOUNT + 1] = swap.amount1;
    page[at + AMOUNT + 2] = swap.amount2;
    page[at + AMOUNT + 3] = swap.amount3;
    page[at + PRICE] = swap.priceHi;
    page[at + PRICE + 1] = swap.priceLo;
    return handle;
  }

  /** Until `unpin` every swap that is there now can be read, whatever is released meanwhile. */
  pin(): void {
    this.#traders.pin();
    this.#deferred = [];
  }

  unpin(): void {
    this.#traders.unpin();
    const released = this.#deferred ?? [];
    this.#deferred = null;
    for (const handle of released) this.release(handle);
  }

  release(handle: number): void {
    if (this.#deferred !== null) {
      this.#deferred.push(handle);
      return;
    }
    this.#traders.release(this.trader(handle));
    this.#ids[handle] = '';
    this.#pages.release(handle);
  }

  /** The swap as it was added. */
  get(handle: number): LiveSwap {
    const page = this.#pages.page(handle);
    const at = this.#pages.at(handle);
    const flags = page[at + FLAGS]!;
    return {
      id: this.#ids[handle]!,
      version: page[at + VERSION]!,
      status: STATUSES[flags & STATUS_MASK]!,
      timestampMs: page[at + TIMESTAMP]!,
      block: page[at + BLOCK]!,
      logIndex: page[at + LOG_INDEX]!,
      trader: this.#traders.text(page[at + TRADER]!),
      isBuy: (flags & IS_BUY) !== 0,
      usd0: page[at + USD]!,
      usd1: page[at + USD + 1]!,
      amount0: page[at + AMOUNT]!,
      amount1: page[at + AMOUNT + 1]!,
      amount2: page[at + AMOUNT + 2]!,
      amount3: page[at + AMOUNT + 3]!,
      isPriced: (flags & IS_PRICED) !== 0,
      priceHi: page[at + PRICE]!,
      priceLo: page[at + PRICE + 1]!,
    };
  }

  id(handle: number): string {
    return this.#ids[handle]!;
  }

  timestampMs(handle: number): number {
    return this.#pages.page(handle)[this.#pages.at(handle) + TIMESTAMP]!;
  }

  /** The trader's number in the names. */
  trader(handle: number): number {
    return this.#pages.page(handle)[this.#pages.at(handle) + TRADER]!;
  }

  isCounted(handle: number): boolean {
    return (this.#flags(handle) & STATUS_MASK) === CONFIRMED;
  }

  isBuy(handle: number): boolean {
    return (this.#flags(handle) & IS_BUY) !== 0;
  }

  /** Counted, and worth at least PRICE_MIN_USD. */
  givesPrice(handle: number): boolean {
    return (this.#flags(handle) & (STATUS_MASK | IS_PRICED)) === (CONFIRMED | IS_PRICED);
  }

  priceHi(handle: number): number {
    return this.#pages.page(handle)[this.#pages.at(handle) + PRICE]!;
  }

  priceLo(handle: number): number {
    return this.#pages.page(handle)[this.#pages.at(handle) + PRICE + 1]!;
  }

  older(handle: number): number {
    return this.#pages.page(handle)[this.#pages.at(handle) + OLDER]!;
  }

  newer(handle: number): number {
    return this.#pages.page(handle)[this.#pages.at(handle) + NEWER]!;
  }

  setOlder(handle: number, link: number): void {
    this.#pages.page(handle)[this.#pages.at(handle) + OLDER] = link;
  }

  setNewer(handle: number, link: number): void {
    this.#pages.page(handle)[this.#pages.at(handle) + NEWER] = link;
  }

  /** The order of open and close, (timestamp, block, logIndex, id by its UTF-8 bytes), of a stored swap and another. */
  compare(handle: number, swap: LiveSwap): number {
    const page = this.#pages.page(handle);
    const at = this.#pages.at(handle);
    return (
      page[at + TIMESTAMP]! - swap.timestampMs ||
      page[at + BLOCK]! - swap.block ||
      page[at + LOG_INDEX]! - swap.logIndex ||
      compareUtf8(this.#ids[handle]!, swap.id)
    );
  }

  #flags(handle: number): number {
    return this.#pages.page(handle)[this.#pages.at(handle) + FLAGS]!;
  }
}
