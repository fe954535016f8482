import { CodedError, type Logger } from '@tidemark/runtime';
import type { TopicName, TopicOptions } from '@tidemark/wire';
import kafkajs, { type Admin, type Kafka, type SASLOptions } from 'kafkajs';
import { registerCodecs } from './codecs.ts';
import { asCoded } from './errors.ts';
import { clientLogger } from './logging.ts';
import type { KafkaConnection } from './settings.ts';
import { ensureTopics, type TopicReport, topicRetentionMs } from './topics.ts';

export interface KafkaOptions extends KafkaConnection {
  clientId: string;
  log: Logger;
}

export interface PartitionOffsets {
  partition: number;
  /** The first retained offset. */
  low: number;
  /** The offset that the next record will have. */
  high: number;
}

/** A connection to a cluster, and the names of Tidemark's topics on it. */
export interface KafkaClient {
  readonly options: KafkaOptions;
  /** For this package only. */
  readonly kafka: Kafka;
  topicName(name: TopicName): string;
  /** Creates what is missing, and verifies what exists. @throws CodedError TOPIC_MISMATCH */
  ensureTopics(options: TopicOptions): Promise<TopicReport[]>;
  /** @throws CodedError TOPIC_MISSING */
  partitionCount(name: TopicName): Promise<number>;
  offsets(name: TopicName): Promise<PartitionOffsets[]>;
  /** Tells a topic from another one of its name; null where the brokers have no ids (before 2.8). @throws CodedError TOPIC_MISSING */
  topicId(name: TopicName): Promise<string | null>;
  /** How long the topic keeps a record, in ms; infinity for ever. */
  retentionMs(name: TopicName): Promise<number>;
  close(): Promise<void>;
}

/** What `patches/` adds to the client. */
interface PatchedAdmin extends Admin {
  fetchTopicId(topic: string): Promise<string | null>;
}

const connectionTimeoutMs = 3_000;
const requestTimeoutMs = 15_000;

/** Lazy: the first call connects. */
export function connectKafka(options: KafkaOptions): KafkaClient {
  registerCodecs();
  const { brokers, clientId, topicPrefix, tls, sasl, log } = options;
  const kafka = new kafkajs.Kafka({
    clientId,
    brokers,
    ...(tls && { ssl: tls }),
    ...(sasl && { sasl: sasl as SASLOptions }),
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    // Callers retry in their own way and say so; the client's own retries are for the hiccup of a moment.
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000 },
    logLevel: kafkajs.logLevel.INFO,
    logCreator: clientLogger(log),
  });
  const topicName = (name: TopicName) => `${topicPrefix}${name}`;
  const admin = sharedAdmin(kafka);
  return {
    options,
    kafka,
    topicName,
    ensureTopics: (topicOptions) => admin.use((connected) => ensureTopics(connected, topicName, topicOptions)),
    partitionCount: (name) =>
      admin.use(async (connected) => {
        const { topics } = await connected.fetchTopicMetadata({ topics: [topicName(name)] });
        return topics[0]!.partitions.length;
      }),
    offsets: (name) =>
      admin.use(async (connected) => {
        const offsets = await connected.fetchTopicOffsets(topicName(name));
        return offsets
          .map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
          .toSorted((a, b) => a.partition - b.partition);
      }),
    topicId: (name) => admin.use((connected) => (connected as PatchedAdmin).fetchTopicId(topicName(name))),
    retentionMs: (name) => admin.use((connected) => topicRetentionMs(connected, topicName(name))),
    close: () => admin.close(),
  };
}

/** One admin connection, made at first use and anew after an error. */
function sharedAdmin(kafka: Kafka) {
  let connected: Promise<Admin> | undefined;
  const connect = async () => {
    const admin = kafka.admin();
    await admin.connect();
    return admin;
  };
  const disconnect = async () => {
    const last = connected;
    connected = undefined;
    await last?.then((admin) => admin.disconnect()).catch(() => undefined);
  };
  return {
    async use<T>(action: (admin: Admin) => Promise<T>): Promise<T> {
      try {
        connected ??= connect();
        return await action(await connected);
      } catch (error) {
        if (!(error instanceof CodedError)) await disconnect();
        throw asCoded(error);
      }
    },
    close: disconnect,
  };
}
