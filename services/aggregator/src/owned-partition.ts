import {
  BasePlan,
  type Checkpoint,
  isSameRecord,
  type LastRecord,
  lastRecordOf,
  type Ownership,
  type StoredState,
} from '@tidemark/checkpoint';
import { CODEC_VERSION, type Engine, type Outcome, TooManyTokensError } from '@tidemark/domain';
import type { Assignment, ConsumedRecord, DeadLetters } from '@tidemark/kafka';
import { CodedError } from '@tidemark/runtime';
import type { PartitionStatus, StatsRecord, Version } from '@tidemark/wire';
import type { PublishQueue } from './publish-queue.ts';
import { type ClockMode, clockRanAhead, type Moment, readMomentMs } from './read-moment.ts';

export interface OwnedPartitionOptions {
  assignment: Assignment;
  ownership: Ownership;
  engine: Engine;
  stored: StoredState;
  queue: PublishQueue;
  deadLetters: DeadLetters;
  clock: ClockMode;
  nowMs: () => number;
  /** The end of the log when the partition was restored. */
  endOffset: number;
  /** Nothing is published before this offset is reached: a former owner published up to there. */
  publishFloor: number;
}

/** A cut that is to be stored, with the dead letters that have to be acknowledged first. */
export interface PendingCheckpoint {
  checkpoint: Checkpoint;
  deadLetters: Promise<void>;
}

/** How many records are applied between two looks at the clock. */
const recordsPerLook = 64;
/** How long records are applied before other work of the process has its turn. */
const sliceMs = 8;

/** A partition that this process counts: its state, where it is in its log, and what is still to be stored and published. */
export class OwnedPartition {
  assignment: Assignment;
  #ownership: Ownership;
  readonly engine: Engine;
  readonly queue: PublishQueue;
  readonly #deadLetters: DeadLetters;
  readonly #clock: ClockMode;
  readonly #nowMs: () => number;
  readonly #bases: BasePlan;
  readonly #publishFloor: number;
  /** Whether the log is the one that the checkpoint was made from; known once its last record was read again. */
  #toVerify: LastRecord | null;
  #nextOffset: number;
  #endOffset: number;
  #storedOffset: number;
  #storedAt = performance.now();
  #head: unknown;
  #lastRecord: LastRecord | null;
  #last: ConsumedRecord | undefined;
  #lastAppendMs: number | null;
  #pending: PendingCheckpoint | undefined;

  constructor(options: OwnedPartitionOptions) {
    const { stored, engine } = options;
    this.assignment = options.assignment;
    this.#ownership = options.ownership;
    this.engine = engine;
    this.queue = options.queue;
    this.#deadLetters = options.deadLetters;
    this.#clock = options.clock;
    this.#nowMs = options.nowMs;
    this.#publishFloor = options.publishFloor;
    this.#bases = new BasePlan(stored);
    this.#toVerify = null;
    this.#nextOffset = stored.nextOffset;
    this.#storedOffset = stored.nextOffset;
    this.#endOffset = options.endOffset;
    this.#head = stored.head;
    this.#lastRecord = stored.lastRecord;
    this.#lastAppendMs = stored.lastRecord?.appendTimeMs ?? null;
    // A former owner's last values may be missing from Redis.
    this.republish();
  }

  get ownership(): Ownership {
    return this.#ownership;
  }

  get partition(): number {
    return this.ownership.key.partition;
  }

  get nextOffset(): number {
    return this.#nextOffset;
  }

  get lag(): number {
    return Math.max(0, this.#endOffset - this.#nextOffset);
  }

  /** What was counted is beyond what a former owner published. */
  get publishable(): boolean {
    return this.#nextOffset >= this.#publishFloor && this.assignment.current;
  }

  get version(): Version {
    const { generation, epoch } = this.ownership;
    return [generation, this.#nextOffset, epoch, this.#tMs()];
  }

  /** The offset to read from. The last record counted is read again where it is retained, to see whether the log is still the same. */
  readFrom(logStart: number): number {
    this.#toVerify = this.#lastRecord && this.#lastRecord.offset >= logStart ? this.#lastRecord : null;
    return this.#toVerify ? this.#toVerify.offset : this.#nextOffset;
  }

  /**
   * Applies records from `start` on until the slice of time is over; answers with the index of the first that was not applied.
   * @throws CodedError LOG_REPLACED, TOO_MANY_TOKENS
   */
  apply(records: readonly ConsumedRecord[], start: number): number {
    const endMs = performance.now() + sliceMs;
    let index = start;
    if (this.#toVerify && index < records.length) this.#verify(records[index]!, this.#toVerify);
    for (; index < records.length; index++) {
      if ((index - start) % recordsPerLook === recordsPerLook - 1 && performance.now() > endMs) break;
      const record = records[index]!;
      if (record.offset >= this.#nextOffset) this.#applyOne(record);
    }
    this.#drainChanged('live');
    this.advance();
    return index;
  }

  /** The log goes on at `nextOffset`; what is in between was control records. */
  passed(nextOffset: number): void {
    this.#nextOffset = Math.max(this.#nextOffset, nextOffset);
    this.logEndsAt(nextOffset);
  }

  logEndsAt(endOffset: number): void {
    this.#endOffset = Math.max(this.#endOffset, endOffset);
  }

  /** Moves the read moment on; what decays or comes into a window by that is queued. */
  advance(): void {
    const momentMs = readMomentMs(this.#clock, this.#moment());
    if (momentMs !== null) this.engine.advance(momentMs);
    this.#drainChanged('paced');
  }

  /** Queues every token. */
  republish(): void {
    this.engine.markAllChanged();
    this.#drainChanged('paced');
  }

  /** The same owner at a higher epoch: the read moment may be an earlier one, and every value is published again. */
  beginEpoch(raised: Ownership): void {
    this.#ownership = raised;
    this.engine.rewind();
    this.advance();
  }

  /** The clock was ahead and is back: earlier moments can be read only in a new epoch. */
  get clockRanAhead(): boolean {
    return clockRanAhead(this.#clock, this.engine.tMs, this.#moment());
  }

  /** The token's record for `stats` and Redis at this moment; null for a token that left memory. */
  valueOf(token: string, version: Version): string | null {
    const statistics = this.engine.read(token);
    if (statistics === null) return null;
    const { symbol, name, price, windows } = statistics;
    const record: StatsRecord = { token, symbol, name, version, asOf: version[3], price, windows };
    return JSON.stringify(record);
  }

  /** What is to be stored next; the same until `stored`, so that a failed attempt is repeated as it was. */
  checkpoint(): PendingCheckpoint | undefined {
    this.#pending ??= this.#cut();
    return this.#pending;
  }

  stored(): void {
    this.#storedOffset = this.#pending?.checkpoint.to ?? this.#storedOffset;
    this.#storedAt = performance.now();
    this.#pending = undefined;
  }

  /** Nothing changed since the last checkpoint. */
  unchanged(): void {
    this.#storedAt = performance.now();
  }

  status(owner: string): PartitionStatus {
    const { counted, duplicate, late, rejected } = this.engine.counters;
    return {
      topic: this.ownership.key.topic,
      nextOffset: this.#nextOffset,
      lag: this.lag,
      watermark: this.engine.watermarkMs,
      t: this.#tMs(),
      counted,
      duplicate,
      late,
      rejected,
      owner,
      epoch: this.ownership.epoch,
      checkpointAgeMs: Math.round(performance.now() - this.#storedAt),
    };
  }

  #applyOne(record: ConsumedRecord): void {
    let outcome: Outcome;
    try {
      outcome = this.engine.apply(record);
    } catch (error) {
      if (!(error instanceof TooManyTokensError)) throw error;
      throw new CodedError('TOO_MANY_TOKENS', `partition ${this.partition}: ${error.message}`, { cause: error });
    }
    if (outcome.kind === 'rejected') this.#deadLetters.add(record, outcome);
    this.#last = record;
    this.#lastAppendMs = record.appendTimeMs;
    this.#nextOffset = record.offset + 1;
  }

  #verify(first: ConsumedRecord, counted: LastRecord): void {
    this.#toVerify = null;
    if (isSameRecord(lastRecordOf(first), counted)) return;
    throw new CodedError(
      'LOG_REPLACED',
      `partition ${this.partition}: the record at offset ${counted.offset} is not the one that was counted; the topic was re-created`,
    );
  }

  #drainChanged(lane: 'live' | 'paced'): void {
    if (this.engine.changedCount > 0) this.queue.add(this.engine.takeChanged(), lane);
  }

  #cut(): PendingCheckpoint | undefined {
    const cut = this.engine.cut();
    if (cut === null && this.#nextOffset === this.#storedOffset) return undefined;
    const delta = cut?.journal ?? new Uint8Array();
    this.#head = cut?.head ?? this.#head;
    if (this.#last) this.#lastRecord = lastRecordOf(this.#last);
    const { shards, replayFrom } = this.#bases.take(this.#nextOffset, delta, this.engine);
    return {
      checkpoint: {
        from: this.#storedOffset,
        to: this.#nextOffset,
        codec: CODEC_VERSION,
        delta,
        head: this.#head,
        lastRecord: this.#lastRecord,
        shards,
        replayFrom,
        candles: cut?.candles ?? [],
        tokens: cut?.tokens ?? [],
      },
      deadLetters: this.#deadLetters.acknowledged(),
    };
  }

  #tMs(): number {
    return Number.isFinite(this.engine.tMs) ? Math.max(0, this.engine.tMs) : 0;
  }

  #moment(): Moment {
    return {
      nowMs: this.#nowMs(),
      lastAppendMs: this.#lastAppendMs,
      watermarkMs: this.engine.watermarkMs,
      atEnd: this.#nextOffset >= this.#endOffset,
    };
  }
}
