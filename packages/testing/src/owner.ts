import { emptyWindow, partitionOf } from '@tidemark/domain';
import {
  type BatchProducer,
  connectKafka,
  createProducer,
  type KafkaClient,
  type OutgoingRecord,
} from '@tidemark/kafka';
import { silentLogger } from '@tidemark/runtime';
import { createRedis, createRedisStatsStore, pingRedis, type Redis, type StatsStore } from '@tidemark/store';
import { type Heartbeat, heartbeatKey, type StatsRecord, type Version } from '@tidemark/wire';
import { type IsolatedStack, isolate } from './test-stack.ts';

/** Stands for the aggregators in tests of their readers: writes what they publish, to `stats` and to Redis, in a corner of its own. */
export class Owner {
  readonly stack: IsolatedStack;
  readonly redis: Redis;
  readonly #store: StatsStore;
  readonly #kafka: KafkaClient;
  readonly #producer: BatchProducer;
  readonly #partitionCount: number;

  private constructor(stack: IsolatedStack, kafka: KafkaClient, redis: Redis, partitionCount: number) {
    this.stack = stack;
    this.redis = redis;
    this.#store = createRedisStatsStore({ redis, prefix: 'tidemark:' });
    this.#kafka = kafka;
    this.#producer = createProducer(kafka);
    this.#partitionCount = partitionCount;
  }

  static async create(partitionCount: number): Promise<Owner> {
    const stack = await isolate();
    const log = silentLogger();
    const kafka = connectKafka({ brokers: stack.kafkaBrokers, clientId: 'owner', topicPrefix: stack.topicPrefix, log });
    await kafka.ensureTopics({ partitions: partitionCount });
    const redis = createRedis({ url: stack.redisUrl, log });
    await pingRedis(redis);
    const owner = new Owner(stack, kafka, redis, partitionCount);
    await owner.#producer.connect();
    return owner;
  }

  async toStats(...values: StatsRecord[]): Promise<void> {
    await this.#producer.sendAll(values.map((value) => this.#record(value.token, JSON.stringify(value))));
  }

  async toRedis(...values: StatsRecord[]): Promise<void> {
    await this.#store.write(
      values.map((value) => ({ key: value.token, version: value.version, json: JSON.stringify(value) })),
    );
  }

  /** A tombstone: the token has left memory. */
  async bury(token: string): Promise<void> {
    await this.#producer.send(this.#record(token, null));
  }

  /** To both. */
  async beat(heartbeat: Heartbeat): Promise<void> {
    const { partition, version } = heartbeat;
    const key = heartbeatKey(partition);
    const json = JSON.stringify(heartbeat);
    await this.#store.write([{ key, version, json }]);
    await this.#producer.send({ topic: 'stats', partition, key, value: json });
  }

  async close(): Promise<void> {
    await this.#producer.close();
    await this.#kafka.close();
    this.redis.disconnect();
    await this.stack.dispose();
  }

  #record(token: string, value: string | null): OutgoingRecord {
    return { topic: 'stats', partition: partitionOf(token, this.#partitionCount), key: token, value };
  }
}

const windows = ['5m', '1h'];

/** A value of two windows, empty but for the volume of the longer one. */
export function statsRecord(
  token: string,
  version: Version,
  more: { volumeUsd?: string; name?: string } = {},
): StatsRecord {
  const { volumeUsd = '0', name = null } = more;
  return {
    token,
    symbol: 'TKN',
    name,
    version,
    asOf: version[3],
    price: '1.5',
    windows: { '5m': emptyWindow(), '1h': { ...emptyWindow(), trades: 1, volumeUsd } },
  };
}

export function statsHeartbeat(partition: number, version: Version, reportedAt = Date.now()): Heartbeat {
  const status = {
    topic: 'swaps',
    nextOffset: version[1],
    lag: 7,
    watermark: 900,
    t: version[3],
    counted: 5,
    duplicate: 1,
    late: 2,
    rejected: 3,
    owner: 'aggregator-1',
    epoch: version[2],
    checkpointAgeMs: 400,
  };
  return { partition, version, reportedAt, windows, status };
}
