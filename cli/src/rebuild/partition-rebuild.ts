import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { engineError, type LastRecord, lastRecordOf, type Rebuild, type StoredShard } from '@tidemark/checkpoint';
import { CODEC_VERSION, type Engine, type Head, type Outcome } from '@tidemark/domain';
import {
  type ConsumedRecord,
  type DeadLetters,
  type KafkaClient,
  type PartitionOffsets,
  type Tail,
  tailTopic,
} from '@tidemark/kafka';
import { CodedError } from '@tidemark/runtime';

export interface PartitionRebuildOptions {
  client: KafkaClient;
  rebuild: Rebuild;
  /** Empty. */
  engine: Engine;
  deadLetters: DeadLetters;
  fromOffset: number;
  /** Where the log ended when the rebuild was planned: at least so far it counts. */
  endOffset: number;
  signal: AbortSignal;
}

/** How often what came of the log is stored, at least: what is not stored yet is held in memory. */
const storeIntervalMs = 1_000;
const maxUnstoredRecords = 100_000;
/** How often the end of the log is looked at. */
const lookIntervalMs = 200;
/** So near the end of the log what came since the plan is left to the aggregator, which replays it in an instant. */
const nearEndRecords = 1_000;
/** After so many records there must be room for their dead letters. */
const recordsPerStep = 500;
/** Shards are stored in pieces of about this size. */
const pieceBytes = 4 * 1_048_576;

/** Counts one partition from the start of its log into a generation of its own, until it has nearly reached the end. */
export class PartitionRebuild {
  readonly #options: PartitionRebuildOptions;
  readonly #partition: number;
  readonly #failed = Promise.withResolvers<never>();
  #nextOffset: number;
  #endOffset: number;
  #last: ConsumedRecord | undefined;
  #head: Head | null = null;
  #storedAtMs = performance.now();
  #unstoredRecords = 0;
  #isReading = true;
  /** Resolves when nothing that was handed out is being counted any more. */
  #taking = Promise.resolve();

  constructor(options: PartitionRebuildOptions) {
    this.#options = options;
    this.#partition = options.rebuild.key.partition;
    this.#nextOffset = options.fromOffset;
    this.#endOffset = options.endOffset;
    this.#failed.promise.catch(() => undefined);
  }

  get progress(): { nextOffset: number; endOffset: number } {
    return { nextOffset: this.#nextOffset, endOffset: this.#endOffset };
  }

  /**
   * Resolves when the new generation serves.
   * @throws CodedError FENCED, TOO_MANY_TOKENS, RETENTION_PASSED, LOG_TRUNCATED and those of the servers; the signal's reason when aborted.
   */
  async run(): Promise<void> {
    await this.#read();
    await this.#store();
    await this.#storeShards();
    const { rebuild, signal } = this.#options;
    signal.throwIfAborted();
    const lastRecord: LastRecord | null = this.#last ? lastRecordOf(this.#last) : null;
    await rebuild.switchOver({ nextOffset: this.#nextOffset, head: this.#head, lastRecord });
  }

  async #read(): Promise<void> {
    const { client, fromOffset, signal } = this.#options;
    const partition = this.#partition;
    const tail = await tailTopic(client, {
      topic: 'swaps',
      groupId: `tidemark-rebuild-${randomUUID()}`,
      from: new Map([[partition, fromOffset]]),
      partitions: [partition],
      keepUnreadable: true,
      // The client may hand out anew what it is still handing out, when its group begins anew.
      onRecords: (_, records) => (this.#taking = this.#taking.then(() => this.#take(records))),
      onError: this.#failed.reject,
    });
    try {
      while (!(await this.#isNearEnd(tail)))
        await Promise.race([sleep(lookIntervalMs, undefined, { signal }), this.#failed.promise]);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      this.#isReading = false;
      await tail.close();
      await this.#taking;
    }
    // What it found while it ended.
    await Promise.race([this.#failed.promise, Promise.resolve()]);
  }

  async #isNearEnd(tail: Tail): Promise<boolean> {
    const bounds = await this.#bounds();
    this.#requireRetained(bounds);
    const { endOffset } = this.#options;
    if (bounds.high < endOffset)
      throw new CodedError(
        'LOG_TRUNCATED',
        `partition ${this.#partition}: the log ended at ${endOffset}, now at ${bounds.high}`,
      );
    this.#endOffset = bounds.high;
    // Past what is not for readers at the end. Not asked any more once reading has ended: the tail also passes what `#take` left out.
    this.#nextOffset = Math.max(this.#nextOffset, tail.position(this.#partition));
    return this.#nextOffset >= endOffset && bounds.high - this.#nextOffset <= nearEndRecords;
  }

  /** Never throws: the client would hand out the same records again and again. */
  async #take(records: ConsumedRecord[]): Promise<void> {
    try {
      await this.#requireUnbroken(records[0]!);
      for (let start = 0; start < records.length; start += recordsPerStep) {
        if (!this.#isReading) return;
        for (const record of records.slice(start, start + recordsPerStep)) this.#apply(record);
        await this.#options.deadLetters.ready();
        if (this.#isStoreDue) await this.#store();
      }
    } catch (error) {
      this.#isReading = false;
      this.#failed.reject(error);
    }
  }

  async #requireUnbroken({ offset }: ConsumedRecord): Promise<void> {
    // Control records and aborted transactions leave gaps too.
    if (offset > this.#nextOffset) this.#requireRetained(await this.#bounds());
  }

  /** @throws CodedError RETENTION_PASSED when records were deleted before they were read: the client goes on after them and says nothing. */
  #requireRetained({ low }: PartitionOffsets): void {
    if (low <= this.#nextOffset) return;
    throw new CodedError(
      'RETENTION_PASSED',
      `partition ${this.#partition}: read up to ${this.#nextOffset}, but the log already begins at ${low}`,
    );
  }

  async #bounds(): Promise<PartitionOffsets> {
    return (await this.#options.client.offsets('swaps'))[this.#partition]!;
  }

  get #isStoreDue(): boolean {
    return performance.now() - this.#storedAtMs > storeIntervalMs || this.#unstoredRecords >= maxUnstoredRecords;
  }

  #apply(record: ConsumedRecord): void {
    const { engine, deadLetters } = this.#options;
    // The client may hand records out twice when its group begins anew.
    if (record.offset < this.#nextOffset) return;
    let outcome: Outcome;
    try {
      outcome = engine.apply(record);
    } catch (error) {
      throw engineError(error, this.#partition);
    }
    if (outcome.kind === 'rejected') deadLetters.add(record, outcome);
    this.#last = record;
    this.#nextOffset = record.offset + 1;
    this.#unstoredRecords++;
  }

  /** Dead letters first: a checkpoint never passes a rejected record whose letter did not arrive. */
  async #store(): Promise<void> {
    const { engine, rebuild, deadLetters } = this.#options;
    const cut = engine.cut();
    // Nothing is published from here.
    engine.takeChanged();
    this.#head = cut?.head ?? this.#head;
    this.#unstoredRecords = 0;
    const { progress } = this;
    await deadLetters.acknowledged();
    await rebuild.write(progress, { candles: cut?.candles ?? [], tokens: cut?.tokens ?? [] });
    this.#storedAtMs = performance.now();
  }

  async #storeShards(): Promise<void> {
    const { engine, rebuild, signal } = this.#options;
    const atOffset = this.#nextOffset;
    let piece: StoredShard[] = [];
    let size = 0;
    const flush = async () => {
      signal.throwIfAborted();
      if (piece.length > 0) await rebuild.writeShards(CODEC_VERSION, piece);
      piece = [];
      size = 0;
    };
    for (const shard of engine.dirtyShards()) {
      // Nothing is applied beside it, so there is all the time.
      const bytes = engine.beginShard(shard).step(() => true)!;
      piece.push({ shard, atOffset, bytes });
      size += bytes.length;
      if (size >= pieceBytes) await flush();
    }
    await flush();
  }
}
