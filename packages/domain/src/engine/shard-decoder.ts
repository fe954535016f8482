import { ByteReader } from './bytes.ts';
import type { LiveStore } from './live-store.ts';
import { ROW_WIDTH, type Rows } from './rows.ts';
import { readSwap } from './swap-codec.ts';
import { checkCodec } from './token-journal.ts';
import { type Memory, TokenState } from './token-state.ts';
import { NEVER } from './traders.ts';

/** The tokens of one shard, from what `ShardEncoder` wrote. */
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

function readSeries(input: ByteReader, state: TokenState, s: number, rows: Rows): void {
  let number = 0;
  for (let left = input.unsigned(); left > 0; left -= 1) {
    number = input.time(number);
    const handle = state.series[s]!.ensure(number, rows);
    readRow(input, rows.page(handle), rows.at(handle));
  }
}

function readRow(input: ByteReader, page: Float64Array, at: number): void {
  let mask = input.unsigned();
  for (let i = 0; i < ROW_WIDTH; i += 1) {
    if (mask % 2 === 1) page[at + i] = input.unsigned();
    mask = Math.floor(mask / 2);
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
