import { ByteWriter } from './bytes.ts';
import { ROW_WIDTH, type Rows } from './rows.ts';
import { writeSwap } from './swap-codec.ts';
import { CODEC_VERSION } from './token-journal.ts';
import type { Memory, TokenState } from './token-state.ts';
import { NEVER, type SettledTrades } from './traders.ts';
import type { ShardEncoding } from './types.ts';

/** How many swaps or traders are written between two looks at the time. */
const entriesPerLook = 64;

/**
 * Encodes the tokens of one shard as they were when it began, in slices, while records go on being applied. A token is copied when its
 * turn comes, or right before it changes: head and buckets as bytes, traders in their compact form, live swaps by their handles. What
 * the handles stand for never changes, and is not reused before the end.
 */
export class ShardEncoder implements ShardEncoding {
  readonly shard: number;
  readonly #memory: Memory;
  readonly #untouched: Set<TokenState>;
  /** Copied since they were about to change. */
  readonly #copies: TokenCopy[] = [];
  readonly #out = new ByteWriter();
  #writing: Generator<void> | undefined;

  constructor(shard: number, states: Iterable<TokenState>, memory: Memory) {
    this.shard = shard;
    this.#memory = memory;
    this.#untouched = new Set(states);
    this.#out.unsigned(CODEC_VERSION);
    memory.store.pin();
  }

  /** To be called before anything of the token changes. */
  beforeChange(state: TokenState): void {
    if (this.#untouched.delete(state)) this.#copies.push(copyOf(state, this.#memory));
  }

  step(hasTime: () => boolean): Uint8Array | undefined {
    do {
      this.#writing ??= this.#next();
      if (this.#writing === undefined) {
        this.#memory.store.unpin();
        return this.#out.take();
      }
      if (this.#writing.next().done) this.#writing = undefined;
    } while (hasTime());
    return undefined;
  }

  #next(): Generator<void> | undefined {
    const copy = this.#copies.shift() ?? this.#copyNext();
    return copy && write(this.#out, copy, this.#memory);
  }

  #copyNext(): TokenCopy | undefined {
    const [state] = this.#untouched;
    if (state === undefined) return undefined;
    this.#untouched.delete(state);
    return copyOf(state, this.#memory);
  }
}

/** All that is encoded of a token, as it was at one moment. */
interface TokenCopy {
  headAndSeries: Uint8Array;
  traders: SettledTrades;
  live: Int32Array;
  /** Ids of swaps before this are forgotten. */
  knownFromMs: number;
}

function copyOf(state: TokenState, { rows, shape }: Memory): TokenCopy {
  const out = new ByteWriter();
  writeHead(out, state);
  for (let s = 0; s < state.series.length; s += 1) writeSeries(out, state, s, rows);
  return {
    headAndSeries: out.take(),
    traders: state.traders.settled(),
    live: state.live.handles(),
    knownFromMs: state.watermarkMs - shape.rules.latenessMs,
  };
}

function* write(out: ByteWriter, copy: TokenCopy, memory: Memory): Generator<void> {
  out.bytes(copy.headAndSeries);
  yield* writeTraders(out, copy.traders, memory);
  yield* writeLive(out, copy, memory);
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

/** Most columns of most rows are 0: a mask of the others, then those. */
function writeRow(out: ByteWriter, page: Float64Array, at: number): void {
  let mask = 0;
  for (let i = ROW_WIDTH - 1; i >= 0; i -= 1) mask = mask * 2 + (page[at + i] === 0 ? 0 : 1);
  out.unsigned(mask);
  for (let i = 0; i < ROW_WIDTH; i += 1) if (page[at + i] !== 0) out.unsigned(page[at + i]!);
}

/** Last trades that are settled; what is live is told by the swaps themselves. */
function* writeTraders(out: ByteWriter, settled: SettledTrades, { names }: Memory): Generator<void> {
  out.unsigned(settled.length);
  let baseMs = 0;
  for (let i = 0; i < settled.length; i += 1) {
    const buyMs = settled.buyMs(i);
    const sellMs = settled.sellMs(i);
    out.text(names.text(settled.trader(i)));
    out.unsigned((buyMs > NEVER ? 1 : 0) | (sellMs > NEVER ? 2 : 0));
    if (buyMs > NEVER) out.time(buyMs, baseMs);
    if (sellMs > NEVER) out.time(sellMs, baseMs);
    baseMs = Math.max(buyMs, sellMs);
    if (i % entriesPerLook === entriesPerLook - 1) yield;
  }
}

/** Live swaps in their order, each naming its trader by number; numbers are given in the order of appearance. */
function* writeLive(out: ByteWriter, { live, knownFromMs }: TokenCopy, { store }: Memory): Generator<void> {
  const numbers = new Map<string, number>();
  out.unsigned(live.length);
  let baseMs = 0;
  for (const [i, handle] of live.entries()) {
    const swap = store.get(handle);
    const number = numbers.get(swap.trader);
    if (number === undefined) {
      numbers.set(swap.trader, numbers.size);
      out.unsigned(0);
      out.text(swap.trader);
    } else out.unsigned(number + 1);
    // Of two with one id only the newer is known; the older was forgotten before the id came again.
    out.unsigned(swap.timestampMs >= knownFromMs ? 1 : 0);
    writeSwap(out, swap, baseMs);
    baseMs = swap.timestampMs;
    if (i % entriesPerLook === entriesPerLook - 1) yield;
  }
}
