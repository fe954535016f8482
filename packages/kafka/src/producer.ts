import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '@tidemark/runtime';
import type { TopicName } from '@tidemark/wire';
import kafkajs, { type Producer } from 'kafkajs';
import type { KafkaClient } from './client.ts';
import { asCoded } from './errors.ts';

export interface OutgoingRecord {
  topic: TopicName;
  partition: number;
  key: string | Uint8Array | null;
  value: string | Uint8Array | null;
  headers?: Record<string, string>;
  /** Asked before each attempt to send: once it is not current, the record is dropped, and the promise rejects. An `Assignment`, say. */
  lease?: { readonly current: boolean };
}

export interface ProducerOptions {
  /** How many records may wait, sent ones included, before `ready` holds the caller back. */
  maxPending?: number;
  /** The most bytes in one request; a longer record goes alone. Brokers take batches of up to 1 MiB unless told otherwise. */
  maxBatchBytes?: number;
  /** How long a record may wait for its acknowledgement, retries included. It may arrive after that all the same. */
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

/** The client groups the records of a request by partition in quadratic time. */
const maxBatchRecords = 4_000;
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
  #isDraining = false;
  /** The request under way, oldest record first; empty when there is none. */
  #underWay: Pending[] = [];
  #alarm: NodeJS.Timeout | undefined;
  #lastError: Error | undefined;
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
      // One attempt a call: what comes between two attempts is decided here.
      retry: { retries: 0 },
      // Every record names its partition; naming the partitioner spares the client's warning about its default.
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
  }

  async connect(): Promise<void> {
    try {
      await this.#producer.connect();
    } catch (error) {
      throw asCoded(error);
    }
  }

  send(record: OutgoingRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({
        record,
        bytes: sizeOf(record),
        deadline: performance.now() + this.#deadlineMs,
        resolve,
        reject,
      });
      this.#pending++;
      this.#alarm ??= setTimeout(() => this.#giveUpExpired(), this.#deadlineMs);
      // A microtask gathers what one turn of the event loop sends.
      if (!this.#isDraining) queueMicrotask(() => void this.#drain());
      this.#isDraining = true;
    });
  }

  async sendAll(records: OutgoingRecord[]): Promise<void> {
    await Promise.all(records.map((record) => this.send(record)));
  }

  async ready(): Promise<void> {
    while (this.#pending >= this.#maxPending) await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
  }

  async flush(): Promise<void> {
    while (this.#pending > 0) await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#producer.disconnect();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      this.#underWay = this.#takeBatch();
      await this.#deliver();
    }
    this.#isDraining = false;
    clearTimeout(this.#alarm);
    this.#alarm = undefined;
  }

  #settle(settled: Pending[], how: (pending: Pending) => void): void {
    this.#pending -= settled.length;
    for (const pending of settled) how(pending);
    for (const wake of this.#roomWaiters.splice(0)) wake();
  }

  /**
   * Fails what is past its deadline, also while a request hangs: the client notices that only after its own time-outs. The next
   * request still waits for the end of that one, since two at once could change the order.
   */
  #giveUpExpired(): void {
    const nowMs = performance.now();
    // A request fails as a whole: it would be repeated as a whole.
    const sent = this.#underWay[0] && this.#underWay[0].deadline <= nowMs ? this.#underWay.splice(0) : [];
    const waiting = this.#queue.findIndex(({ deadline }) => deadline > nowMs);
    const expired = sent.concat(this.#queue.splice(0, waiting === -1 ? this.#queue.length : waiting));
    const reason = this.#lastError?.message ?? 'the brokers do not answer';
    const message = `no acknowledgement within ${this.#deadlineMs} ms: ${reason}`;
    this.#settle(expired, ({ reject }) =>
      reject(new CodedError('PRODUCER_STUCK', message, { cause: this.#lastError })),
    );
    const next = this.#underWay[0] ?? this.#queue[0];
    this.#alarm = next && setTimeout(() => this.#giveUpExpired(), Math.max(1, next.deadline - nowMs));
  }

  #takeBatch(): Pending[] {
    let bytes = 0;
    let count = 0;
    while (count < Math.min(this.#queue.length, maxBatchRecords)) {
      bytes += this.#queue[count]!.bytes;
      if (count > 0 && bytes > this.#maxBatchBytes) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  /** Tries until the records under way are acknowledged, or nobody waits for that any more. */
  async #deliver(): Promise<void> {
    for (let pauseMs = firstRetryMs; ; pauseMs = Math.min(pauseMs * 2, longestRetryMs)) {
      this.#dropOutdated();
      if (this.#underWay.length === 0) return;
      try {
        const topicMessages = this.#group(this.#underWay.map(({ record }) => record));
        await this.#producer.sendBatch({ acks: -1, topicMessages });
        this.#lastError = undefined;
        this.#settle(this.#underWay.splice(0), ({ resolve }) => resolve());
        return;
      } catch (error) {
        this.#lastError = error as Error;
        await sleep(pauseMs);
        // After a broker's restart the client may have given up its connections.
        if (this.#underWay.length > 0) await this.#producer.connect().catch(() => undefined);
      }
    }
  }

  #dropOutdated(): void {
    const outdated = this.#underWay.filter(({ record: { lease } }) => lease?.current === false);
    if (outdated.length === 0) return;
    this.#underWay = this.#underWay.filter(({ record: { lease } }) => lease?.current !== false);
    this.#settle(outdated, ({ reject }) =>
      reject(new Error('what the record says is no longer for this process to say')),
    );
  }

  #group(records: OutgoingRecord[]) {
    const byTopic = Map.groupBy(records, ({ topic }) => topic);
    return [...byTopic].map(([topic, ofTopic]) => ({
      topic: this.#client.topicName(topic),
      messages: ofTopic.map(({ partition, key, value, headers }) => ({
        partition,
        key: asBytes(key),
        value: asBytes(value),
        ...(headers && { headers }),
      })),
    }));
  }
}

/** What a record takes in a batch beside key, value and headers: lengths and offsets, at most. */
const recordOverheadBytes = 32;

function sizeOf({ key, value, headers = {} }: OutgoingRecord): number {
  let bytes = recordOverheadBytes + byteLength(key) + byteLength(value);
  for (const [name, text] of Object.entries(headers))
    bytes += recordOverheadBytes + byteLength(name) + byteLength(text);
  return bytes;
}

function byteLength(content: string | Uint8Array | null): number {
  return content === null ? 0 : Buffer.byteLength(content);
}

function asBytes(content: string | Uint8Array | null): string | Buffer | null {
  if (content === null || typeof content === 'string' || Buffer.isBuffer(content)) return content;
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}
