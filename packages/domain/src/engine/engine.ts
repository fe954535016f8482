import type { TokenStatistics } from '../statistics.ts';
import type { Swap } from '../swap.ts';
import { readJournal } from './journal.ts';
import { JudgedState } from './judged-state.ts';
import { toLive } from './judgement.ts';
import { Judging, NO_WATERMARK } from './judging.ts';
import type { LiveSwap } from './live.ts';
import { Outbox } from './outbox.ts';
import { readStatistics } from './reading.ts';
import { Schedule } from './schedule.ts';
import { type Shape, shapeOf } from './shape.ts';
import { decodeTokens } from './shard-decoder.ts';
import { ShardEncoder } from './shard-encoder.ts';
import { Shards } from './shards.ts';
import { createMemory, type Memory, TokenState } from './token-state.ts';
import type { Cut, Engine, EngineOptions, LogRecord, Outcome, ShardEncoding } from './types.ts';

/** @throws RulesError when the rules do not hold together. */
export function createEngine(options: EngineOptions): Engine {
  return new PartitionEngine(options);
}

class PartitionEngine extends JudgedState<TokenState, number> implements Engine {
  readonly #shape: Shape;
  readonly #memory: Memory;
  readonly #outbox: Outbox;
  readonly #schedule = new Schedule();
  #encoder: ShardEncoder | undefined;

  constructor(options: EngineOptions) {
    const shape = shapeOf(options.rules);
    const memory = createMemory(shape);
    super(
      new Judging(shape, options, options.maxTokens, (known: number) => memory.store.get(known)),
      new Shards(options.shardCount),
    );
    this.#shape = shape;
    this.#memory = memory;
    this.#outbox = new Outbox(this.#shape, this.#memory.rows);
  }

  get tMs(): number {
    return this.#schedule.tMs;
  }

  get changedCount(): number {
    return this.#schedule.changedCount;
  }

  apply(record: LogRecord): Outcome {
    const verdict = this.judging.judge(record);
    this.hasCountedSinceCut = true;
    switch (verdict.kind) {
      case 'accepted':
        this.#accept(verdict.swap, verdict.state, verdict.known);
        return { kind: 'accepted', token: verdict.swap.token };
      case 'duplicate':
        return verdict;
      default: {
        const { rejection, moved } = verdict;
        if (moved) {
          this.#outbox.journal.moved(moved.state, moved.timestampMs);
          this.#moveToken(moved.state, moved.timestampMs, false);
        }
        return { kind: 'rejected', code: rejection.code, reason: rejection.reason };
      }
    }
  }

  #accept(swap: Swap, known: TokenState | undefined, version: number | undefined): void {
    const live = toLive(swap, this.#shape);
    const state = known ?? this.#createToken(swap.token, swap.timestamp);
    // A label that says nothing new moves nothing, and need not be in the journal.
    const symbol = swap.symbol === state.symbol ? undefined : swap.symbol;
    const name = swap.name === state.name ? undefined : swap.name;
    this.#outbox.journal.accepted(state, live, symbol, name);
    this.#take(state, live, version, symbol, name);
  }

  /** Takes an accepted swap into the state; also when a journal is replayed. Labels are given when they change. */
  #take(
    state: TokenState,
    swap: LiveSwap,
    known: number | undefined,
    symbol: string | undefined,
    name: string | undefined,
  ): void {
    this.#beforeChange(state);
    const isNew = state.watermarkMs === NO_WATERMARK;
    const isRelabelled = symbol !== undefined || name !== undefined;
    if (symbol !== undefined) state.symbol = symbol;
    if (name !== undefined) state.name = name;
    state.firstSeenMs = Math.min(state.firstSeenMs, swap.timestampMs);
    const isCounted = state.replace(swap, known);
    if (isCounted) this.#outbox.candles.touch(state);
    if (isCounted || isNew || isRelabelled) this.#schedule.mark(state);
    this.#moveToken(state, swap.timestampMs, isRelabelled);
  }

  #createToken(token: string, timestampMs: number): TokenState {
    const state = new TokenState(token, this.shardOf(token), this.#memory);
    this.add(state, timestampMs);
    return state;
  }

  /** A record of the token passed the checks up to lateness: the watermarks follow, and what they let go of goes. */
  #moveToken(state: TokenState, timestampMs: number, isRelabelled: boolean): void {
    this.#beforeChange(state);
    state.watermarkMs = Math.max(state.watermarkMs, timestampMs);
    this.#outbox.noteSeen(state, isRelabelled);
    this.shards.touch(state.shard);
    this.#movePartition(timestampMs);
    const { watermarkMs } = this.judging;
    state.settle(watermarkMs);
    this.#outbox.candles.finalise(state, this.judging.lateBound(state));
    state.prune(watermarkMs);
  }

  #movePartition(timestampMs: number): void {
    for (const forgotten of this.judging.raise(timestampMs)) this.#forget(forgotten);
  }

  #forget(state: TokenState): void {
    this.#beforeChange(state);
    this.#outbox.candles.finalise(state, Number.POSITIVE_INFINITY);
    this.#outbox.noteForgotten(state);
    this.shards.remove(state);
    this.shards.touch(state.shard);
    this.#schedule.markForgotten(state.token);
    state.release();
  }

  advance(tMs: number): void {
    this.#schedule.advance(tMs);
  }

  rewind(): void {
    this.#schedule.rewind();
    for (const state of this.judging.tokens.values()) {
      state.dropViews();
      state.dueSecond = Number.POSITIVE_INFINITY;
      this.#schedule.mark(state);
    }
  }

  takeChanged(max = Number.POSITIVE_INFINITY): string[] {
    return this.#schedule.take(max, (token) => this.judging.tokens.get(token));
  }

  markAllChanged(): void {
    for (const state of this.judging.tokens.values()) this.#schedule.mark(state);
  }

  read(token: string): TokenStatistics | null {
    const state = this.judging.tokens.get(token);
    if (state === undefined) return null;
    this.#beforeChange(state);
    state.prune(this.judging.watermarkMs);
    return readStatistics(state, this.tMs, this.#memory);
  }

  tokens(): IterableIterator<string> {
    return this.judging.tokens.keys();
  }

  cut(): Cut | null {
    if (this.#outbox.isEmpty && !this.hasCountedSinceCut) return null;
    const atLastCut = this.watermarkAtCutMs;
    const candles = this.#outbox.candles.take();
    const tokens = this.#outbox.takeTokens();
    const journal = this.#outbox.journal.take(atLastCut);
    this.startCut();
    return { journal, head: this.judging.head(), candles, tokens };
  }

  beginShard(shard: number): ShardEncoding {
    if (this.#encoder !== undefined) throw new Error(`shard ${this.#encoder.shard} is not whole yet`);
    const encoder = new ShardEncoder(shard, this.shards.begin(shard), this.#memory);
    this.#encoder = encoder;
    return {
      step: (hasTime) => {
        const bytes = encoder.step(hasTime);
        if (bytes !== undefined) this.#encoder = undefined;
        return bytes;
      },
    };
  }

  /** A shard that is being encoded shows its tokens as they were. */
  #beforeChange(state: TokenState): void {
    if (this.#encoder?.shard === state.shard) this.#encoder.beforeChange(state);
  }

  restoreShard(shard: number, bytes: Uint8Array): void {
    for (const state of decodeTokens(bytes, shard, this.#memory)) {
      this.add(state, state.watermarkMs);
      this.#schedule.mark(state);
    }
    this.shards.restored(shard);
  }

  replay(journal: Uint8Array, accepts: (shard: number) => boolean): void {
    const isOurs = (token: string) => accepts(this.shardOf(token));
    readJournal(journal, (watermarkMs) => {
      this.judging.watermarkMs = watermarkMs;
      return {
        accepted: (token, swap, symbol, name) => {
          if (!isOurs(token)) return this.#movePartition(swap.timestampMs);
          const state = this.judging.tokens.get(token) ?? this.#createToken(token, swap.timestampMs);
          this.#take(state, swap, state.known(swap.id), symbol, name);
        },
        moved: (token, timestampMs) => {
          // Only a token with a known id can be moved without a swap, so it is there.
          if (isOurs(token)) this.#moveToken(this.judging.tokens.get(token)!, timestampMs, false);
          else this.#movePartition(timestampMs);
        },
      };
    });
    // The cut that wrote this journal handed these over; taking them also notes what was told.
    this.#outbox.candles.take();
    this.#outbox.takeTokens();
    this.startCut();
  }
}
