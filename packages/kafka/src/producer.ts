import { CodedError } from '@tidemark/runtime';
import type { TopicName } from '@tidemark/wire';
import kafkajs, { type Producer } from 'kafkajs';
import type { KafkaClient } from './client.ts';

export interface OutgoingRecord {
  topic: TopicName;
  partition: number;
  key: string | Uint8Array | null;
  value: string | Uint8Array | null;
  headers?: Record<string, string>;
}

export interface ProducerOptions {
  /** How many records may wait, sent ones included, before `ready` holds the caller back. */
  maxPending?: number;
  /** The most bytes of keys and values in one request; a longer record goes alone. */
  maxBatchBytes?: number;
  /** How long a record may wait for its acknowledgement, retries included. */
  deadlineMs?: number;
}

export interface BatchProducer {
  connect(): Promise<void>;
  /** Resolves when all in-sync replicas have the record. @throws CodedError PRODUCER_STUCK past the deadline */
  send(record: OutgoingRecord): Promise<void>;
  sendAll(records: OutgoingRecord[]): Promise<void>;
  /** Resolves when there is room for more. */
  ready(): Promise<void>;
  /** Resolves when nothing is under way any more, sent or failed. */
  flush(): Promise<void>;
  /** Sends what waits, then disconnects. */
  close(): Promise<void>;
}

interface Pending {
  record: OutgoingRecord;
  bytes: number;
  deadline: number;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Batches without a linger time: one request is under way, what comes meanwhile makes the next one. So a lone record leaves at
 * once, a crowd in large batches, and the order within a partition holds through retries.
 */
export function createProducer(client: KafkaClient, options: ProducerOptions = {}): BatchProducer {
  return new QueueingProducer(client, options);
}

const firstRetryMs = 50;
const longestRetryMs = 1_000;

class QueueingProducer implements BatchProducer {
  readonly #client: KafkaClient;
  readonly #maxPending: number;
  readonly #maxBatchBytes: number;
  readonly #deadlineMs: number;
  readonly #producer: Producer;
  #queue: Pending[] = [];
  /** Counts queued and sent records. */
  #pending = 0;
  #sending: Promise<void> | undefined;
  #roomWaiters: (() => void)[] = [];

  constructor(
    client: KafkaClient,
    { maxPending = 50_000, maxBatchBytes = 900_000, deadlineMs = 30_000 }: ProducerOptions,
  ) {
    this.#client = client;
    this.#maxPending = maxPending;
    this.#maxBatchBytes = maxBatchBytes;
    this.#deadlineMs = deadlineMs;
    this.#producer = client.kafka.producer({
      allowAutoTopicCreation: false,
      maxInFlightRequests: 1,
      // Every record names its partition; naming the partitioner spares the client's warning about its default.
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
  }

  async connect(): Promise<void> {
    try {
      await this.#producer.connect();
    } catch (error) {
      throw new CodedError('KAFKA_UNAVAILABLE', (error as Error).message, { cause: error });
    }
  }

  send(record: OutgoingRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0);
      this.#queue.push({ record, bytes, deadline: performance.now() + this.#deadlineMs, resolve, reject });
      this.#pending++;
      // A microtask gathers what one turn of the event loop sends.
      this.#sending ??= Promise.resolve().then(() => this.#drain());
    });
  }

  async sendAll(records: OutgoingRecord[]): Promise<void> {
    await Promise.all(records.map((record) => this.send(record)));
  }

  async ready(): Promise<void> {
    while (this.#pending >= this.#maxPending) await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
  }

  async flush(): Promise<void> {
    while (this.#sending) await this.#sending;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#producer.disconnect();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      const error = await this.#deliver(batch);
      this.#pending -= batch.length;
      for (const { resolve, reject } of batch) {
        if (error) reject(error);
        else resolve();
      }
      for (const wake of this.#roomWaiters.splice(0)) wake();
    }
    this.#sending = undefined;
  }

  #takeBatch(): Pending[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length) {
      bytes += this.#queue[count]!.bytes;
      if (count > 0 && bytes > this.#maxBatchBytes) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  /** Tries until the records are acknowledged or the oldest is past its deadline; answers with the error then. */
  async #deliver(batch: Pending[]): Promise<Error | undefined> {
    const topicMessages = this.#group(batch);
    for (let pauseMs = firstRetryMs; ; pauseMs = Math.min(pauseMs * 2, longestRetryMs)) {
      try {
        await this.#producer.sendBatch({ acks: -1, topicMessages });
        return undefined;
      } catch (error) {
        if (performance.now() + pauseMs > batch[0]!.deadline) {
          const reason = (error as Error).message;
          return new CodedError('PRODUCER_STUCK', `no acknowledgement within ${this.#deadlineMs} ms: ${reason}`, {
            cause: error,
          });
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        // After a broker's restart the client may have given up its connections.
        await this.#producer.connect().catch(() => undefined);
      }
    }
  }

  #group(batch: Pending[]) {
    const byTopic = Map.groupBy(batch, ({ record }) => record.topic);
    return [...byTopic].map(([topic, pending]) => ({
      topic: this.#client.topicName(topic),
      messages: pending.map(({ record: { partition, key, value, headers } }) => ({
        partition,
        key: asBytes(key),
        value: asBytes(value),
        ...(headers && { headers }),
      })),
    }));
  }
}

function asBytes(content: string | Uint8Array | null): string | Buffer | null {
  if (content === null || typeof content === 'string' || Buffer.isBuffer(content)) return content;
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}
