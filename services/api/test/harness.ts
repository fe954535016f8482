import type { TestContext } from 'node:test';
import { emptyWindow, partitionOf } from '@tidemark/domain';
import { type BatchProducer, connectKafka, createProducer, type KafkaClient } from '@tidemark/kafka';
import { loadSettings, Readiness, silentLogger } from '@tidemark/runtime';
import {
  createPostgres,
  createRedis,
  createRedisStatsStore,
  migrate,
  type Pool,
  pingRedis,
  type Redis,
  type StatsStore,
} from '@tidemark/store';
import { type IsolatedStack, isolate } from '@tidemark/testing';
import { type Heartbeat, heartbeatKey, type StatsRecord, type Version } from '@tidemark/wire';
import { Registry } from 'prom-client';
import { createApp } from '../src/app.ts';
import { schema } from '../src/config.ts';

export const partitionCount = 3;
const log = silentLogger();

/** Stands for the aggregator: writes Redis, `stats` and the table of tokens. */
export class Owner {
  readonly stack: IsolatedStack;
  readonly store: StatsStore;
  readonly redis: Redis;
  readonly pool: Pool;
  readonly #kafka: KafkaClient;
  readonly #producer: BatchProducer;

  private constructor(stack: IsolatedStack, kafka: KafkaClient, producer: BatchProducer, redis: Redis) {
    this.stack = stack;
    this.redis = redis;
    this.store = createRedisStatsStore({ redis, prefix: 'tidemark:' });
    this.pool = createPostgres({ url: stack.databaseUrl, log, max: 1 });
    this.#kafka = kafka;
    this.#producer = producer;
  }

  static async create(): Promise<Owner> {
    const stack = await isolate();
    await migrate({ url: stack.databaseUrl, log });
    const kafka = connectKafka({ brokers: stack.kafkaBrokers, clientId: 'owner', topicPrefix: stack.topicPrefix, log });
    await kafka.ensureTopics({ partitions: partitionCount });
    const producer = createProducer(kafka);
    await producer.connect();
    const redis = createRedis({ url: stack.redisUrl, log });
    await pingRedis(redis);
    return new Owner(stack, kafka, producer, redis);
  }

  async toRedis(value: StatsRecord): Promise<void> {
    await this.store.write([{ key: value.token, version: value.version, json: JSON.stringify(value) }]);
  }

  async toStats(value: StatsRecord): Promise<void> {
    await this.#send(partitionOf(value.token, partitionCount), value.token, JSON.stringify(value));
  }

  async bury(token: string): Promise<void> {
    await this.#send(partitionOf(token, partitionCount), token, null);
  }

  async beat(beating: Heartbeat): Promise<void> {
    const { partition, version } = beating;
    const json = JSON.stringify(beating);
    await this.store.write([{ key: heartbeatKey(partition), version, json }]);
    await this.#send(partition, heartbeatKey(partition), json);
  }

  async know(token: string, symbol: string): Promise<void> {
    await this.pool.query(
      `INSERT INTO tokens (group_id, token, symbol, name, first_seen_ms, last_seen_ms) VALUES ($1, $2, $3, NULL, 1, 2)`,
      [this.stack.env['GROUP_ID'], token, symbol],
    );
  }

  async close(): Promise<void> {
    await this.#producer.close();
    await this.#kafka.close();
    this.redis.disconnect();
    await this.pool.end();
    await this.stack.dispose();
  }

  async #send(partition: number, key: string, value: string | null): Promise<void> {
    await this.#producer.send({ topic: 'stats', partition, key, value });
  }
}

export function record(token: string, version: Version, volumeUsd = '0'): StatsRecord {
  const windows = { '5m': emptyWindow(), '1h': { ...emptyWindow(), trades: 1, volumeUsd } };
  return { token, symbol: 'TKN', name: null, version, asOf: version[3], price: '1.5', windows };
}

export function heartbeat(partition: number, version: Version, reportedAt = Date.now()): Heartbeat {
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
  return { partition, version, reportedAt, windows: ['5m', '1h'], status };
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any; // oxlint-disable-line typescript/no-explicit-any
}

/** An API in this process, ready. */
export async function startApi(t: TestContext, { stack }: Owner, env: Record<string, string> = {}) {
  const readiness = new Readiness();
  const failures: unknown[] = [];
  const app = await createApp({
    settings: loadSettings(schema, { ...stack.env, PARTITIONS: String(partitionCount), API_PORT: '0', ...env }),
    instance: 'api',
    log,
    metrics: new Registry(),
    readiness,
    signal: new AbortController().signal,
    fail: (error) => failures.push(error),
  });
  t.after(() => app.close());
  while (!readiness.ready) await new Promise((resolve) => setTimeout(resolve, 5));
  return {
    readiness,
    failures,
    url: app.url,
    async get(path: string): Promise<Answer> {
      const response = await fetch(`${app.url}${path}`);
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
  };
}

/** Asks until the answer is as wanted: for what reaches the API through `stats`. */
export async function until(ask: () => Promise<Answer>, wanted: (body: Answer['body']) => boolean): Promise<Answer> {
  while (true) {
    const answer = await ask();
    if (wanted(answer.body)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
