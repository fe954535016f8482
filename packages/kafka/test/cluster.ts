import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { type Logger, silentLogger } from '@tidemark/runtime';
import { type IsolatedStack, isolate } from '@tidemark/testing';
import type { TopicName } from '@tidemark/wire';
import type { Admin } from 'kafkajs';
import {
  type ConsumedRecord,
  connectKafka,
  type KafkaClient,
  type Tail,
  type TailOptions,
  tailTopic,
} from '../src/index.ts';

let isolated: Promise<IsolatedStack> | undefined;
let count = 0;

export interface Cluster {
  client: KafkaClient;
  /** The same topics, past a proxy that `client` may go through. */
  direct: KafkaClient;
  admin: Admin;
}

export interface ClusterOptions {
  /** Partitions of the topics, which are created; none are without. */
  partitions?: number;
  brokers?: string[];
  log?: Logger;
}

/** The brokers of the test run, with topics under a prefix of the test's own. */
export async function useCluster(t: TestContext, { partitions, brokers, log }: ClusterOptions = {}): Promise<Cluster> {
  isolated ??= isolate();
  const stack = await isolated;
  const topicPrefix = `${stack.topicPrefix}${++count}.`;
  const options = { brokers: brokers ?? stack.kafkaBrokers, clientId: 'test', topicPrefix, log: log ?? silentLogger() };
  const client = connectKafka(options);
  const direct = connectKafka({ ...options, brokers: stack.kafkaBrokers });
  const admin = direct.kafka.admin();
  await admin.connect();
  if (partitions !== undefined) await direct.ensureTopics({ partitions });
  t.after(async () => {
    await admin.disconnect();
    await client.close();
    await direct.close();
  });
  return { client, direct, admin };
}

export async function brokerAddress(): Promise<string> {
  isolated ??= isolate();
  return (await isolated).kafkaBrokers[0]!;
}

/** What a tail has handed out, by partition, and a way to wait for more. */
export class Reader {
  readonly partitions: ConsumedRecord[][];
  readonly #changes = new EventTarget();

  constructor(partitions: number) {
    this.partitions = Array.from({ length: partitions }, () => []);
  }

  take(partition: number, records: ConsumedRecord[]): void {
    for (const record of records) this.partitions[partition]!.push(record);
    this.#changes.dispatchEvent(new Event('change'));
  }

  values(partition = 0): string[] {
    return this.partitions[partition]!.map(({ value }) => String(value));
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.#changes, 'change');
  }
}

export async function tail(
  t: TestContext,
  { direct: client }: Cluster,
  options: Partial<TailOptions> & { topic: TopicName },
): Promise<{ reader: Reader; tail: Tail }> {
  const reader = new Reader(await client.partitionCount(options.topic));
  const opened = await tailTopic(client, {
    groupId: `${client.options.topicPrefix}tail`,
    onRecords: (partition, records) => reader.take(partition, records),
    onError: (error) => {
      throw error;
    },
    ...options,
  });
  t.after(() => opened.close());
  return { reader, tail: opened };
}

/** All that the topic holds now. */
export async function readAll(
  t: TestContext,
  cluster: Cluster,
  topic: TopicName,
  options: Partial<TailOptions> = {},
): Promise<Reader> {
  const { reader, tail: opened } = await tail(t, cluster, {
    ...options,
    topic,
    groupId: `${cluster.direct.options.topicPrefix}reader-${++count}`,
  });
  await opened.caughtUp;
  await opened.close();
  return reader;
}

/** Sends values to partition 0 in one transaction, and leaves its control record behind them. */
export async function transact(
  { direct: client }: Cluster,
  topic: TopicName,
  values: string[],
  outcome: 'commit' | 'abort',
): Promise<void> {
  const producer = client.kafka.producer({
    transactionalId: `${client.options.topicPrefix}${++count}`,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({
    topic: client.topicName(topic),
    messages: values.map((value) => ({ partition: 0, key: 'k', value })),
  });
  await transaction[outcome]();
  await producer.disconnect();
}

/** Lets the partition begin at `before`, as retention would. */
export async function deleteRecords(
  { admin, direct }: Cluster,
  topic: TopicName,
  partition: number,
  before: number,
): Promise<void> {
  const name = direct.topicName(topic);
  // The client deletes only from topics whose offsets it has asked for.
  await admin.fetchTopicOffsets(name);
  await admin.deleteTopicRecords({ topic: name, partitions: [{ partition, offset: String(before) }] });
}
