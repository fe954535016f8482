import {
  BasePlan,
  type Checkpoint,
  engineError,
  isSameRecord,
  type LastRecord,
  lastRecordOf,
  type Ownership,
  type StoredState,
} from '@tidemark/checkpoint';
import { CODEC_VERSION, type Cut, type LogState } from '@tidemark/domain';
import type { Assignment, ConsumedRecord } from '@tidemark/kafka';
import { CodedError } from '@tidemark/runtime';

export interface OwnedLogOptions<S extends LogState> {
  assignment: Assignment;
  ownership: Ownership;
  state: S;
  stored: StoredState;
  /** The end of the log when the partition was restored. */
  endOffset: number;
}

/** A cut that is to be stored, with what has to be acknowledged first. */
export interface PendingCheckpoint {
  checkpoint: Checkpoint;
  acknowledged: Promise<void>;
}

/** What a service stores with a cut, beside the state. */
export type CutRows = Pick<Checkpoint, 'candles' | 'tokens' | 'swaps'>;

/** Whether the topic that is there is not the one that was counted, as far as both are known. */
export function isOtherTopic(topicId: string | null, { topicId: counted }: Ownership): boolean {
  return topicId !== null && counted !== null && topicId !== counted;
}

/** How many records are applied between two looks at the clock. */
const recordsPerLook = 64;
/** How long records are applied before other work of the process has its turn. */
const sliceMs = 8;

/** A partition that this process owns: its state, where it is in its log, and what is still to be stored. */
export abstract class OwnedLog<S extends LogState = LogState> {
  assignment: Assignment;
  readonly state: S;
  #ownership: Ownership;
  readonly #bases: BasePlan;
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

  constructor({ assignment, ownership, state, stored, endOffset }: OwnedLogOptions<S>) {
    this.assignment = assignment;
    this.state = state;
    this.#ownership = ownership;
    this.#bases = new BasePlan(stored);
    this.#toVerify = null;
    this.#nextOffset = stored.nextOffset;
    this.#storedOffset = stored.nextOffset;
    this.#endOffset = endOffset;
    this.#head = stored.head;
    this.#lastRecord = stored.lastRecord;
    this.#lastAppendMs = stored.lastRecord?.appendTimeMs ?? null;
  }

  /** Takes a record into the state; it is within the log at `nextOffset` or after. @throws TooManyTokensError */
  protected abstract take(record: ConsumedRecord): void;

  /** Resolves when there is room for what more records may leave behind. */
  abstract ready(): Promise<void>;

  /** What goes into the checkpoint with the state; called once a checkpoint, right after the cut. */
  protected abstract rows(cut: Cut | null): CutRows;

  /** Resolves when all that has to be somewhere else before the next checkpoint is there. */
  protected abstract acknowledged(): Promise<void>;

  /** A slice of records was applied. */
  protected applied(): void {}

  get ownership(): Ownership {
    return this.#ownership;
  }

  get partition(): number {
    return this.#ownership.key.partition;
  }

  get nextOffset(): number {
    return this.#nextOffset;
  }

  get lag(): number {
    return Math.max(0, this.#endOffset - this.#nextOffset);
  }

  get lastAppendMs(): number | null {
    return this.#lastAppendMs;
  }

  /** Of what is stored, in ms. */
  get checkpointAgeMs(): number {
    return Math.round(performance.now() - this.#storedAt);
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
    this.applied();
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

  /** The same owner at a higher epoch. */
  protected raised(ownership: Ownership): void {
    this.#ownership = ownership;
  }

  #applyOne(record: ConsumedRecord): void {
    try {
      this.take(record);
    } catch (error) {
      throw engineError(error, this.partition);
    }
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

  #cut(): PendingCheckpoint | undefined {
    const cut = this.state.cut();
    if (cut === null && this.#nextOffset === this.#storedOffset) return undefined;
    const delta = cut?.journal ?? new Uint8Array();
    this.#head = cut?.head ?? this.#head;
    if (this.#last) this.#lastRecord = lastRecordOf(this.#last);
    const { shards, replayFrom } = this.#bases.take(this.#nextOffset, delta, this.state, this.atEnd);
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
        ...this.rows(cut),
      },
      acknowledged: this.acknowledged(),
    };
  }

  /** Everything that was read from the log is in the state. */
  protected get atEnd(): boolean {
    return this.#nextOffset >= this.#endOffset;
  }
}
