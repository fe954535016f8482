import { murmur2 } from '../murmur2.ts';
import { type RejectionCode, TooManyTokensError } from '../rejections.ts';
import { MINUTE_MS } from '../rules.ts';
import type { TokenStatistics } from '../statistics.ts';
import type { Swap } from '../swap.ts';
import { readJournal } from './journal.ts';
import { checkRecord, type Place, toLive } from './judgement.ts';
import { type LiveSwap, outranks } from './live.ts';
import { Outbox } from './outbox.ts';
import { readStatistics } from './reading.ts';
import { Schedule } from './schedule.ts';
import { type Shape, shapeOf } from './shape.ts';
import { decodeTokens } from './shard-decoder.ts';
import { ShardEncoder } from './shard-encoder.ts';
import { SlotQueue } from './slot-queue.ts';
import { createMemory, type Memory, TokenState } from './token-state.ts';
import type { Counters, Cut, Engine, EngineOptions, Head, LogRecord, Outcome, ShardEncoding } from './types.ts';

const DEFAULT_MAX_TOKENS = 1_000_000;
const DEFAULT_SHARD_COUNT = 256;
const NO_WATERMARK = Number.NEGATIVE_INFINITY;

/** @throws RulesError when the rules do not hold together. */
export function createEngine(options: EngineOptions): Engine {
  return new PartitionEngine(options);
}

class PartitionEngine implements Engine {
  readonly shardCount: number;
  readonly #shape: Shape;
  readonly #place: Place;
  readonly #maxTokens: number;
  readonly #memory: Memory;
  readonly #tokens = new Map<string, TokenState>();
  readonly #shards: Map<string, TokenState>[];
  readonly #outbox: Outbox;
  readonly #schedule = new Schedule();
  /** Tokens by the minute of their watermark, or an earlier one: who may be forgotten next. */
  readonly #byMinute = new SlotQueue<TokenState>();
  readonly #counters: Counters = { counted: 0, duplicate: 0, late: 0, rejected: 0 };
  #watermarkMs = NO_WATERMARK;
  #watermarkAtCutMs = NO_WATERMARK;
  #hasCountedSinceCut = false;
  readonly #changedSinceCut = new Set<number>();
  readonly #dirtyShards = new Set<number>();
  #encoder: ShardEncoder | undefined;

  constructor(options: EngineOptions) {
    this.#shape = shapeOf(options.rules);
    this.#memory = createMemory(this.#shape);
    this.#place = { partition: options.partition, partitionCount: options.partitionCount };
    this.#maxTokens = options.maxTokens ?? DEFAULT_MAX_TOKENS;
    this.shardCount = options.shardCount ?? DEFAULT_SHARD_COUNT;
    this.#shards = Array.from({ length: this.shardCount }, () => new Map<string, TokenState>());
    this.#outbox = new Outbox(this.#shape, this.#memory.rows);
  }

  get watermarkMs(): number | null {
    return this.#watermarkMs === NO_WATERMARK ? null : this.#watermarkMs;
  }

  get counters(): Readonly<Counters> {
    return this.#counters;
  }

  get tokenCount(): number {
    return this.#tokens.size;
  }

  has(token: string): boolean {
    return this.#tokens.has(token);
  }

  get tMs(): number {
    return this.#schedule.tMs;
  }

  get changedCount(): number {
    return this.#schedule.changedCount;
  }

  apply(record: LogRecord): Outcome {
    const checked = checkRecord(record, this.#shape.rules.maxRecordBytes, this.#place);
    if (!checked.ok) return this.#reject(checked.code, checked.reason);
    const { swap } = checked;
    const state = this.#tokens.get(swap.token);
    const lateBoundMs = this.#lateBound(state);
    if (swap.timestamp < lateBoundMs)
      return this.#reject('LATE', `timestamp ${swap.timestamp} is before ${lateBoundMs}`);
    if (state === undefined && this.#tokens.size >= this.#maxTokens) throw new TooManyTokensError(this.#maxTokens);
    const known = state?.known(swap.id);
    if (known === undefined) return this.#accept(swap, known);
    const { timestampMs, version, status } = this.#memory.store.get(known);
    if (timestampMs !== swap.timestamp) return this.#refuseReused(state!, swap, timestampMs);
    if (outranks(swap, version, status)) return this.#accept(swap, known);
    this.#counters.duplicate += 1;
    this.#hasCountedSinceCut = true;
    return { kind: 'duplicate', token: swap.token };
  }

  /** Rule 4: what is older than this is late. */
  #lateBound(state: TokenState | undefined): number {
    const { rules, longestMs } = this.#shape;
    const partitionMs = this.#watermarkMs - longestMs - rules.latenessMs;
    return state === undefined ? partitionMs : Math.max(state.watermarkMs - rules.latenessMs, partitionMs);
  }

  #reject(code: RejectionCode, reason: string): Outcome {
    if (code === 'LATE') this.#counters.late += 1;
    else this.#counters.rejected += 1;
    this.#hasCountedSinceCut = true;
    return { kind: 'rejected', code, reason };
  }

  #accept(swap: Swap, known: number | undefined): Outcome {
    const live = toLive(swap, this.#shape);
    const state = this.#tokens.get(swap.token) ?? this.#createToken(swap.token, swap.timestamp);
    // A label that says nothing new moves nothing, and need not be in the journal.
    const symbol = swap.symbol === state.symbol ? undefined : swap.symbol;
    const name = swap.name === state.name ? undefined : swap.name;
    this.#outbox.journal.accepted(state, live, symbol, name);
    this.#counters.counted += 1;
    this.#take(state, live, known, symbol, name);
    return { kind: 'accepted', token: swap.token };
  }

  /** A reused id is refused, and yet it passed the checks that make a watermark. */
  #refuseReused(state: TokenState, swap: Swap, knownMs: number): Outcome {
    if (swap.timestamp > state.watermarkMs) {
      this.#outbox.journal.moved(state, swap.timestamp);
      this.#moveToken(state, swap.timestamp, false);
    }
    return this.#reject('ID_REUSED', `id ${swap.id} is known with timestamp ${knownMs}, not ${swap.timestamp}`);
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
    this.#addToken(state);
    this.#byMinute.push(Math.floor(timestampMs / MINUTE_MS), state);
    return state;
  }

  #addToken(state: TokenState): void {
    this.#tokens.set(state.token, state);
    this.#shards[state.shard]!.set(state.token, state);
  }

  /** A record of the token passed the checks up to lateness: the watermarks follow, and what they let go of goes. */
  #moveToken(state: TokenState, timestampMs: number, isRelabelled: boolean): void {
    this.#beforeChange(state);
    state.watermarkMs = Math.max(state.watermarkMs, timestampMs);
    this.#outbox.noteSeen(state, isRelabelled);
    this.#touchShard(state.shard);
    this.#movePartition(timestampMs);
    state.settle(this.#watermarkMs);
    this.#outbox.candles.finalise(state, this.#lateBound(state));
    state.prune(this.#watermarkMs);
  }

  #movePartition(timestampMs: number): void {
    if (timestampMs <= this.#watermarkMs) return;
    const isNewMinute = Math.floor(timestampMs / MINUTE_MS) !== Math.floor(this.#watermarkMs / MINUTE_MS);
    this.#watermarkMs = timestampMs;
    if (isNewMinute) this.#forgetOld();
  }

  /**
   * Forgets the tokens whose last minute ended so long before the minute of the watermark that every time they know is
   * late and out of every window. The watermark alone decides, so a restored engine forgets the same at the same record.
   */
  #forgetOld(): void {
    const boundMs = Math.floor(this.#watermarkMs / MINUTE_MS) * MINUTE_MS - this.#shape.forgetMs;
    const end = Math.ceil(boundMs / MINUTE_MS) - 1;
    for (let due = this.#byMinute.takeBelow(end); due !== undefined; due = this.#byMinute.takeBelow(end)) {
      for (const state of due.items) {
        const minute = Math.floor(state.watermarkMs / MINUTE_MS);
        if (minute >= end) this.#byMinute.push(minute, state);
        else this.#forget(state);
      }
    }
  }

  #forget(state: TokenState): void {
    this.#beforeChange(state);
    this.#outbox.candles.finalise(state, Number.POSITIVE_INFINITY);
    this.#outbox.noteForgotten(state);
    this.#tokens.delete(state.token);
    this.#shards[state.shard]!.delete(state.token);
    this.#touchShard(state.shard);
    this.#schedule.markForgotten(state.token);
    state.release();
  }

  #touchShard(shard: number): void {
    this.#changedSinceCut.add(shard);
    this.#dirtyShards.add(shard);
  }

  advance(tMs: number): void {
    this.#schedule.advance(tMs);
  }

  rewind(): void {
    this.#schedule.rewind();
    for (const state of this.#tokens.values()) {
      state.dropViews();
      state.dueSecond = Number.POSITIVE_INFINITY;
      this.#schedule.mark(state);
    }
  }

  takeChanged(max = Number.POSITIVE_INFINITY): string[] {
    return this.#schedule.take(max, (token) => this.#tokens.get(token));
  }

  markAllChanged(): void {
    for (const state of this.#tokens.values()) this.#schedule.mark(state);
  }

  read(token: string): TokenStatistics | null {
    const state = this.#tokens.get(token);
    if (state === undefined) return null;
    this.#beforeChange(state);
    state.prune(this.#watermarkMs);
    return readStatistics(state, this.tMs, this.#memory);
  }

  tokens(): IterableIterator<string> {
    return this.#tokens.keys();
  }

  cut(): Cut | null {
    if (this.#outbox.isEmpty && !this.#hasCountedSinceCut) return null;
    const atLastCut = this.#watermarkAtCutMs;
    const candles = this.#outbox.candles.take();
    const tokens = this.#outbox.takeTokens();
    const journal = this.#outbox.journal.take(atLastCut);
    this.#startCut();
    return { journal, head: { watermarkMs: this.watermarkMs, counters: { ...this.#counters } }, candles, tokens };
  }

  #startCut(): void {
    this.#watermarkAtCutMs = this.#watermarkMs;
    this.#hasCountedSinceCut = false;
    this.#changedSinceCut.clear();
  }

  shardOf(token: string): number {
    return (murmur2(Buffer.from(token)) >>> 8) % this.shardCount;
  }

  dirtyShards(): number[] {
    return [...this.#dirtyShards].toSorted((a, b) => a - b);
  }

  beginShard(shard: number): ShardEncoding {
    if (this.#encoder !== undefined) throw new Error(`shard ${this.#encoder.shard} is not whole yet`);
    if (this.#changedSinceCut.has(shard)) {
      throw new Error(
        `shard ${shard} changed since the last cut; a base is consistent with its journals only at a cut`,
      );
    }
    this.#dirtyShards.delete(shard);
    const encoder = new ShardEncoder(shard, this.#shards[shard]!.values(), this.#memory);
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
      this.#addToken(state);
      this.#byMinute.push(Math.floor(state.watermarkMs / MINUTE_MS), state);
      this.#schedule.mark(state);
    }
    this.#dirtyShards.delete(shard);
  }

  replay(journal: Uint8Array, accepts: (shard: number) => boolean): void {
    const isOurs = (token: string) => accepts(this.shardOf(token));
    readJournal(journal, (watermarkMs) => {
      this.#watermarkMs = watermarkMs;
      return {
        accepted: (token, swap, symbol, name) => {
          if (!isOurs(token)) return this.#movePartition(swap.timestampMs);
          const state = this.#tokens.get(token) ?? this.#createToken(token, swap.timestampMs);
          this.#take(state, swap, state.known(swap.id), symbol, name);
        },
        moved: (token, timestampMs) => {
          // Only a token with a known id can be moved without a swap, so it is there.
          if (isOurs(token)) this.#moveToken(this.#tokens.get(token)!, timestampMs, false);
          else this.#movePartition(timestampMs);
        },
      };
    });
    // The cut that wrote this journal handed these over; taking them also notes what was told.
    this.#outbox.candles.take();
    this.#outbox.takeTokens();
    this.#startCut();
  }

  restoreHead(head: Head): void {
    this.#watermarkMs = head.watermarkMs ?? NO_WATERMARK;
    Object.assign(this.#counters, head.counters);
    this.#startCut();
  }
}
