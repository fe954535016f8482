import { CodedError } from '@tidemark/runtime';
import type { TopicName } from '@tidemark/wire';
import type { KafkaClient, PartitionOffsets } from './client.ts';
import { type ConsumedRecord, consumedRecord } from './record.ts';

export interface TailOptions {
  topic: TopicName;
  /** Of this reader alone: every reader gets every partition. Nothing is committed under it. */
  groupId: string;
  /** Where to begin: the first retained record, or an offset for each partition (first retained where absent, the end where past it). */
  from?: 'earliest' | ReadonlyMap<number, number>;
  /** Only these; the others are not read. */
  partitions?: readonly number[];
  /** Hand out also the records that stand for batches that cannot be decoded; they are left out, and logged, without. */
  keepUnreadable?: boolean;
  /** Called with the records of one partition in their order, one call of a partition at a time. */
  onRecords(partition: number, records: ConsumedRecord[]): void | Promise<void>;
  /** The tail ended by itself. */
  onError(error: Error): void;
}

export interface Tail {
  /** Resolves when everything has been read that each partition held when the tail began. */
  caughtUp: Promise<void>;
  /** Where the partition is read next: all before it was handed out, or is not for readers. */
  position(partition: number): number;
  close(): Promise<void>;
}

/**
 * The least that brokers take by default. A client that lost its connection joins as a new member, and its group, which nobody else
 * is in, waits for the former one for so long. To be missed costs one more join, since positions live here.
 */
const sessionTimeoutMs = 6_000;
const heartbeatIntervalMs = 1_000;
const longestFetchWaitMs = 200;

/** Follows every partition of a topic, from its start on. */
export async function tailTopic(client: KafkaClient, options: TailOptions): Promise<Tail> {
  const { groupId, from = 'earliest', keepUnreadable = false, onRecords, onError } = options;
  const topic = client.topicName(options.topic);
  const isWanted = (partition: number) => options.partitions?.includes(partition) ?? true;
  const offsets = (await client.offsets(options.topic)).filter(({ partition }) => isWanted(partition));
  const isReadable = ({ partition, offset, unreadable }: ConsumedRecord) => {
    if (unreadable)
      client.options.log.warn(
        { topic, partition, ...unreadable, lastOffset: offset, code: 'BATCH_UNREADABLE' },
        `a batch is left out, it cannot be decoded: ${unreadable.reason}`,
      );
    return unreadable === undefined;
  };
  const progress = new Progress(offsets, from === 'earliest' ? new Map() : from);
  const consumer = client.kafka.consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatIntervalMs,
    maxWaitTimeInMs: longestFetchWaitMs,
    allowAutoTopicCreation: false,
    retry: { retries: 5, restartOnFailure: async () => true },
  });
  // Positions live here, not in the group: a rejoin would begin at the start again.
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    for (const partition of payload.memberAssignment[topic] ?? []) {
      if (!isWanted(partition)) consumer.pause([{ topic, partitions: [partition] }]);
      else consumer.seek({ topic, partition, offset: String(progress.next(partition)) });
    }
  });
  // Emitted also for batches of which nothing is left to hand out: control records, aborted transactions.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) =>
    progress.passed(payload.partition, Number(payload.lastOffset) + 1),
  );
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) onError(new CodedError('CONSUMER_CRASHED', payload.error.message, { cause: payload.error }));
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: Math.max(1, offsets.length),
    eachBatch: async ({ batch: { partition, messages } }) => {
      const next = progress.next(partition);
      const records = messages
        .map((message) => consumedRecord(partition, message))
        .filter(({ offset }) => offset >= next)
        .filter((record) => keepUnreadable || isReadable(record));
      if (records.length > 0) await onRecords(partition, records);
    },
  });
  return {
    caughtUp: progress.caughtUp,
    position: (partition) => progress.next(partition),
    close: () => consumer.disconnect(),
  };
}

/** The next offset of each partition, and whether all are past where they ended at the beginning. */
class Progress {
  readonly caughtUp: Promise<void>;
  readonly #next = new Map<number, number>();
  readonly #behind = new Map<number, number>();
  #settle!: () => void;

  constructor(offsets: PartitionOffsets[], from: ReadonlyMap<number, number>) {
    this.caughtUp = new Promise((resolve) => {
      this.#settle = resolve;
    });
    for (const { partition, low, high } of offsets) {
      // From past the end the client would begin elsewhere, and what it reads up to there would be taken for known.
      const start = Math.min(high, Math.max(low, from.get(partition) ?? low));
      this.#next.set(partition, start);
      if (start < high) this.#behind.set(partition, high);
    }
    if (this.#behind.size === 0) this.#settle();
  }

  next(partition: number): number {
    return this.#next.get(partition) ?? 0;
  }

  passed(partition: number, next: number): void {
    this.#next.set(partition, Math.max(next, this.next(partition)));
    if (next >= (this.#behind.get(partition) ?? Number.POSITIVE_INFINITY)) this.#behind.delete(partition);
    if (this.#behind.size === 0) this.#settle();
  }
}
