import type { LiveStore } from './live-store.ts';
import type { Names } from './names.ts';
import { LAST_BUYERS, LAST_SELLERS, LAST_TRADERS, type LastField } from './rows.ts';

export const NEVER = Number.NEGATIVE_INFINITY;

/**
 * A trader's last buy (or sell): 0 for none, a live swap (its handle + 1), or the second of the last one that can no
 * longer be replaced. Live swaps link to the one before in the same way, so the settled second ends their chain.
 */
type Link = number;

const FIRST_SECOND = 2 ** 28;
const LAST_SECOND = 2 ** 32 - 1;

const KEY = 0;
const BUY = 1;
const SELL = 2;
const SLOT_WIDTH = 3;
const LEAST_SLOTS = 4;

/** Told when a trader's last buy, sell or trade moves from one moment to another; NEVER stands for none. */
export type OnMove = (field: LastField, fromMs: number, toMs: number) => void;

/**
 * The traders of one token, of which distinct counts are made: a hash table of (trader, last buy, last sell), twelve
 * bytes each, since a busy token has tens of thousands of them. Multiplicities exist only for live swaps, as chains.
 * Moments are whole seconds here, which every bucket is a multiple of; they are exact from 1970 to 2097.
 */
export class Traders {
  readonly #store: LiveStore;
  readonly #names: Names;
  #slots = new Uint32Array(0);
  #size = 0;
  /** Traders whose last trade lay in a bucket that is gone: an upper bound of the entries that nothing needs. */
  #stale = 0;

  constructor(store: LiveStore, names: Names) {
    this.#store = store;
    this.#names = names;
  }

  get size(): number {
    return this.#size;
  }

  count(handle: number, onMove: OnMove): void {
    const slot = this.#ensure(this.#store.trader(handle));
    const buyMs = this.#timeOf(this.#slots[slot + BUY]!);
    const sellMs = this.#timeOf(this.#slots[slot + SELL]!);
    this.#link(slot + (this.#store.isBuy(handle) ? BUY : SELL), handle);
    this.#report(slot, buyMs, sellMs, onMove);
  }

  uncount(handle: number, onMove: OnMove): void {
    const slot = this.#find(this.#store.trader(handle));
    const buyMs = this.#timeOf(this.#slots[slot + BUY]!);
    const sellMs = this.#timeOf(this.#slots[slot + SELL]!);
    this.#unlink(slot + (this.#store.isBuy(handle) ? BUY : SELL), handle);
    this.#report(slot, buyMs, sellMs, onMove);
    if (this.#slots[slot + BUY] === 0 && this.#slots[slot + SELL] === 0) this.#remove(slot);
  }

  /** A counted swap can no longer be replaced; none before it can. No last trade moves by that. */
  settle(handle: number): void {
    const slot = this.#find(this.#store.trader(handle)) + (this.#store.isBuy(handle) ? BUY : SELL);
    const newer = this.#store.newer(handle);
    this.#unlink(slot, handle);
    this.#endChain(slot, newer, linkOf(this.#store.timestampMs(handle)));
  }

  /** The last buy and the last sell before a moment, of a trader with counted live swaps. */
  lastBefore(trader: number, endMs: number): { buyMs: number; sellMs: number } {
    const slot = this.#find(trader);
    return {
      buyMs: this.#timeBefore(this.#slots[slot + BUY]!, endMs),
      sellMs: this.#timeBefore(this.#slots[slot + SELL]!, endMs),
    };
  }

  /** So many traders had their last trade in a bucket that is gone. */
  noteStale(count: number): void {
    this.#stale += count;
  }

  /** Lets go of traders whose last trade lies before a moment, once enough of them may be there to pay for the look. */
  sweep(goneBeforeMs: number): void {
    if (this.#stale <= 32 || this.#stale * 2 <= this.#size) return;
    this.#stale = 0;
    // A live swap may be older than every window, where the lateness is longer; it still has to find its trader.
    this.#rebuild(
      this.#size,
      (buy, sell) => isLive(buy) || isLive(sell) || Math.max(this.#timeOf(buy), this.#timeOf(sell)) >= goneBeforeMs,
    );
  }

  /** Lets go of all. */
  clear(): void {
    this.#rebuild(0, () => false);
  }

  /** A copy of the settled last trades: with the counted live swaps they make the table again. */
  settled(): SettledTrades {
    const slots = new Uint32Array(this.#size * SLOT_WIDTH);
    let length = 0;
    for (let slot = 0; slot < this.#slots.length; slot += SLOT_WIDTH) {
      if (this.#slots[slot + KEY] === 0) continue;
      const buy = this.#endOf(this.#slots[slot + BUY]!);
      const sell = this.#endOf(this.#slots[slot + SELL]!);
      if (buy === 0 && sell === 0) continue;
      slots[length + KEY] = this.#slots[slot + KEY]!;
      slots[length + BUY] = buy;
      slots[length + SELL] = sell;
      length += SLOT_WIDTH;
    }
    return new SettledTrades(slots.subarray(0, length));
  }

  /** Restoring: settled last trades, told before the live swaps are counted. */
  restore(trader: string, buyMs: number, sellMs: number): void {
    const number = this.#names.acquire(trader);
    const slot = this.#ensure(number);
    this.#names.release(number);
    if (buyMs > NEVER) this.#slots[slot + BUY] = linkOf(buyMs);
    if (sellMs > NEVER) this.#slots[slot + SELL] = linkOf(sellMs);
  }

  /** Puts a swap into the chain that starts at a slot's cell: newest first. */
  #link(cell: number, handle: number): void {
    const store = this.#store;
    const timestampMs = store.timestampMs(handle);
    let newer = 0;
    let older: Link = this.#slots[cell]!;
    while (isLive(older) && store.timestampMs(older - 1) > timestampMs) {
      newer = older;
      older = store.older(older - 1);
    }
    store.setOlder(handle, older);
    store.setNewer(handle, newer);
    if (isLive(older)) store.setNewer(older - 1, handle + 1);
    if (newer === 0) this.#slots[cell] = handle + 1;
    else store.setOlder(newer - 1, handle + 1);
  }

  #unlink(cell: number, handle: number): void {
    const store = this.#store;
    const older = store.older(handle);
    const newer = store.newer(handle);
    if (isLive(older)) store.setNewer(older - 1, newer);
    if (newer === 0) this.#slots[cell] = older;
    else store.setOlder(newer - 1, older);
  }

  /** Sets the settled end of the chain, behind what is live of the same moment as the swap that was settled. */
  #endChain(cell: number, newer: Link, end: Link): void {
    let last = newer;
    for (let next = newer === 0 ? this.#slots[cell]! : this.#store.older(newer - 1); isLive(next); ) {
      last = next;
      next = this.#store.older(next - 1);
    }
    if (last === 0) this.#slots[cell] = end;
    else this.#store.setOlder(last - 1, end);
  }

  #timeOf(link: Link): number {
    if (link === 0) return NEVER;
    return isLive(link) ? this.#store.timestampMs(link - 1) : settledMs(link);
  }

  #timeBefore(from: Link, endMs: number): number {
    let link = from;
    while (isLive(link) && !(this.#store.timestampMs(link - 1) < endMs)) link = this.#store.older(link - 1);
    return this.#timeOf(link);
  }

  /** What the live ones end with. */
  #endOf(from: Link): Link {
    let link = from;
    while (isLive(link)) link = this.#store.older(link - 1);
    return link;
  }

  #report(slot: number, buyMs: number, sellMs: number, onMove: OnMove): void {
    const newBuyMs = this.#timeOf(this.#slots[slot + BUY]!);
    const newSellMs = this.#timeOf(this.#slots[slot + SELL]!);
    if (newBuyMs !== buyMs) onMove(LAST_BUYERS, buyMs, newBuyMs);
    if (newSellMs !== sellMs) onMove(LAST_SELLERS, sellMs, newSellMs);
    const anyMs = Math.max(buyMs, sellMs);
    const newAnyMs = Math.max(newBuyMs, newSellMs);
    if (newAnyMs !== anyMs) onMove(LAST_TRADERS, anyMs, newAnyMs);
  }

  /** The slot of a trader that is there. */
  #find(trader: number): number {
    const slots = this.#slots;
    let slot = startOf(trader, slots.length);
    while (slots[slot] !== trader + 1) {
      if (!slots[slot]) throw new Error(`trader ${trader} of a counted swap is not in the table`);
      slot = nextOf(slot, slots.length);
    }
    return slot;
  }

  #ensure(trader: number): number {
    if ((this.#size + 1) * SLOT_WIDTH * 4 > this.#slots.length * 3) this.#rebuild(this.#size + 1, () => true);
    const slots = this.#slots;
    let slot = startOf(trader, slots.length);
    while (slots[slot] !== 0 && slots[slot] !== trader + 1) slot = nextOf(slot, slots.length);
    if (slots[slot] === 0) {
      slots[slot] = trader + 1;
      this.#size += 1;
      this.#names.hold(trader);
    }
    return slot;
  }

  /** Empties a slot and moves those behind it that would no longer be found. */
  #remove(slot: number): void {
    const slots = this.#slots;
    this.#names.release(slots[slot]! - 1);
    this.#size -= 1;
    let hole = slot;
    for (let at = nextOf(slot, slots.length); slots[at] !== 0; at = nextOf(at, slots.length)) {
      const home = startOf(slots[at]! - 1, slots.length);
      const isBetween = hole <= at ? hole < home && home <= at : hole < home || home <= at;
      if (isBetween) continue;
      slots.copyWithin(hole, at, at + SLOT_WIDTH);
      hole = at;
    }
    slots.fill(0, hole, hole + SLOT_WIDTH);
  }

  /** A table for `size` traders with those that are to stay. */
  #rebuild(size: number, stays: (buy: Link, sell: Link) => boolean): void {
    const old = this.#slots;
    let count = LEAST_SLOTS;
    while (count * 3 < size * 4) count *= 2;
    this.#slots = new Uint32Array(size === 0 ? 0 : count * SLOT_WIDTH);
    this.#size = 0;
    for (let slot = 0; slot < old.length; slot += SLOT_WIDTH) {
      const key = old[slot + KEY]!;
      if (key === 0) continue;
      if (stays(old[slot + BUY]!, old[slot + SELL]!)) {
        let at = startOf(key - 1, this.#slots.length);
        while (this.#slots[at] !== 0) at = nextOf(at, this.#slots.length);
        this.#slots.set(old.subarray(slot, slot + SLOT_WIDTH), at);
        this.#size += 1;
      } else this.#names.release(key - 1);
    }
  }
}

/** Traders by number, with their last buy and sell that are settled; NEVER for none. */
export class SettledTrades {
  readonly #slots: Uint32Array;

  constructor(slots: Uint32Array) {
    this.#slots = slots;
  }

  get length(): number {
    return this.#slots.length / SLOT_WIDTH;
  }

  trader(index: number): number {
    return this.#slots[index * SLOT_WIDTH + KEY]! - 1;
  }

  buyMs(index: number): number {
    return settledMs(this.#slots[index * SLOT_WIDTH + BUY]!);
  }

  sellMs(index: number): number {
    return settledMs(this.#slots[index * SLOT_WIDTH + SELL]!);
  }
}

function settledMs(link: Link): number {
  return link === 0 ? NEVER : (link - FIRST_SECOND) * 1000;
}

function isLive(link: Link): boolean {
  return link !== 0 && link < FIRST_SECOND;
}

/** The link that stands for a settled moment. */
function linkOf(timeMs: number): Link {
  return Math.min(LAST_SECOND, FIRST_SECOND + Math.max(0, Math.floor(timeMs / 1000)));
}

function startOf(trader: number, length: number): number {
  const slots = length / SLOT_WIDTH;
  return ((Math.imul(trader, 0x9e3779b1) >>> 1) % slots) * SLOT_WIDTH;
}

function nextOf(slot: number, length: number): number {
  return slot + SLOT_WIDTH === length ? 0 : slot + SLOT_WIDTH;
}
