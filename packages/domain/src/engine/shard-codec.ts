import { ByteReader, ByteWriter } from './bytes.ts';
import { CODEC_VERSION, checkCodec } from './journal.ts';
import type { LiveStore } from './live-store.ts';
import { ROW_WIDTH, type Rows } from './rows.ts';
import { readSwap, writeSwap } from './swap-codec.ts';
import { type Memory, TokenState } from './token-state.ts';
import { NEVER } from './traders.ts';

/** The state of the tokens of one shard in bytes: a token's buckets, its live swaps and its traders' last trades. */
export function encodeTokens(states: Iterable<TokenState>, { rows, store }: Memory): Uint8Array {
  const out = new ByteWriter();
  out.unsigned(CODEC_VERSION);
  for (const state of states) {
    writeHead(out, state);
    for (let s = 0; s < state.series.length; s += 1) writeSeries(out, state, s, rows);
    writeTraders(out, state);
    writeLive(out, state, store);
  }
  return out.take();
}

/** The exact inverse of `encodeTokens`. */
export function decodeTokens(bytes: Uint8Array, shard: number, memory: Memory): TokenState[] {
  const input = new ByteReader(bytes);
  checkCodec(input.unsigned());
  const states: TokenState[] = [];
  while (!input.isAtEnd) {
    const state = readHead(input, shard, memory);
    for (let s = 0; s < state.series.length; s += 1) readSeries(input, state, s, memory.rows);
    readTraders(input, state);
    readLive(input, state, memory.store);
    states.push(state);
  }
  return states;
}

function writeHead(out: ByteWriter, state: TokenState): void {
  out.text(state.token);
  out.unsigned((state.symbol === null ? 0 : 1) | (state.name === null ? 0 : 2));
  if (state.symbol !== null) out.text(state.symbol);
  if (state.name !== null) out.text(state.name);
  out.number(state.watermarkMs);
  out.time(state.firstSeenMs, state.watermarkMs);
  out.time(state.toldSeenMs, state.watermarkMs);
  out.number(state.finalMinute);
}

function readHead(input: ByteReader, shard: number, memory: Memory): TokenState {
  const state = new TokenState(input.text(), shard, memory);
  const labels = input.unsigned();
  if ((labels & 1) !== 0) state.symbol = input.text();
  if ((labels & 2) !== 0) state.name = input.text();
  state.watermarkMs = input.number();
  state.firstSeenMs = input.time(state.watermarkMs);
  state.toldSeenMs = input.time(state.watermarkMs);
  state.finalMinute = input.number();
  return state;
}

function writeSeries(out: ByteWriter, state: TokenState, s: number, rows: Rows): void {
  const series = state.series[s]!;
  out.unsigned(series.length);
  let base = 0;
  for (let i = 0; i < series.length; i += 1) {
    const number = series.numberAt(i);
    out.time(number, base);
    base = number;
    writeRow(out, rows.page(series.handleAt(i)), rows.at(series.handleAt(i)));
  }
}

function readSeries(input: ByteReader, state: TokenState, s: number, rows: Rows): void {
  let number = 0;
  for (let left = input.unsigned(); left > 0; left -= 1) {
    number = input.time(number);
    const handle = state.series[s]!.ensure(number, rows);
    readRow(input, rows.page(handle), rows.at(handle));
  }
}

/** Most columns of most rows are 0: a mask of the others, then those. */
function writeRow(out: ByteWriter, page: Float64Array, at: number): void {
  let mask = 0;
  for (let i = ROW_WIDTH - 1; i >= 0; i -= 1) mask = mask * 2 + (page[at + i] === 0 ? 0 : 1);
  out.unsigned(mask);
  for (let i = 0; i < ROW_WIDTH; i += 1) if (page[at + i] !== 0) out.unsigned(page[at + i]!);
}

function readRow(input: ByteReader, page: Float64Array, at: number): void {
  let mask = input.unsigned();
  for (let i = 0; i < ROW_WIDTH; i += 1) {
    if (mask % 2 === 1) page[at + i] = input.unsigned();
    mask = Math.floor(mask / 2);
  }
}

/** Live swaps in their order, each naming its trader by number; numbers are given in the order of appearance. */
function writeLive(out: ByteWriter, state: TokenState, store: LiveStore): void {
  const numbers = new Map<string, number>();
  out.unsigned(state.live.length);
  let baseMs = 0;
  for (let i = 0; i < state.live.length; i += 1) {
    const handle = state.live.at(i);
    const swap = store.get(handle);
    const number = numbers.get(swap.trader);
    if (number === undefined) {
      numbers.set(swap.trader, numbers.size);
      out.unsigned(0);
      out.text(swap.trader);
    } else out.unsigned(number + 1);
    // Of two with one id only the newer is known; the older was forgotten before the id came again.
    out.unsigned(state.ids.get(swap.id) === handle ? 1 : 0);
    writeSwap(out, swap, baseMs);
    baseMs = swap.timestampMs;
  }
}

function readLive(input: ByteReader, state: TokenState, store: LiveStore): void {
  const names: string[] = [];
  let baseMs = 0;
  for (let left = input.unsigned(); left > 0; left -= 1) {
    const number = input.unsigned();
    if (number === 0) names.push(input.text());
    const trader = number === 0 ? names[names.length - 1]! : names[number - 1]!;
    const isKnown = input.unsigned() === 1;
    const swap = readSwap(input, trader, baseMs);
    baseMs = swap.timestampMs;
    const handle = store.add(swap);
    state.live.insert(handle, swap);
    if (isKnown) state.ids.set(swap.id, handle);
    // The buckets were restored with the counts of last trades in them.
    if (store.isCounted(handle)) state.traders.count(handle, () => {});
  }
}

/** Last trades that are settled; what is live is told by the swaps themselves. */
function writeTraders(out: ByteWriter, state: TokenState): void {
  const settled = [...state.traders.settled()];
  out.unsigned(settled.length);
  let baseMs = 0;
  for (const { trader, buyMs, sellMs } of settled) {
    out.text(trader);
    out.unsigned((buyMs > NEVER ? 1 : 0) | (sellMs > NEVER ? 2 : 0));
    if (buyMs > NEVER) out.time(buyMs, baseMs);
    if (sellMs > NEVER) out.time(sellMs, baseMs);
    baseMs = Math.max(buyMs, sellMs);
  }
}

function readTraders(input: ByteReader, state: TokenState): void {
  let baseMs = 0;
  for (let left = input.unsigned(); left > 0; left -= 1) {
    const trader = input.text();
    const which = input.unsigned();
    const buyMs = (which & 1) === 0 ? NEVER : input.time(baseMs);
    const sellMs = (which & 2) === 0 ? NEVER : input.time(baseMs);
    state.traders.restore(trader, buyMs, sellMs);
    baseMs = Math.max(buyMs, sellMs);
  }
}
