import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { emptyWindow, partitionOf } from '@tidemark/domain';
import { type BatchProducer, connectKafka, createProducer, type KafkaClient } from '@tidemark/kafka';
import { loadSettings, Readiness, silentLogger } from '@tidemark/runtime';
import { createRedis, createRedisStatsStore, pingRedis, type Redis, type StatsStore } from '@tidemark/store';
import { type IsolatedStack, isolate } from '@tidemark/testing';
import { heartbeatKey, type StatsRecord, type Version } from '@tidemark/wire';
import { Registry } from 'prom-client';
import { WebSocket } from 'ws';
import { createApp, type GatewayApp } from '../src/app.ts';
import { schema } from '../src/config.ts';

export const partitionCount = 3;
const log = silentLogger();

/** Stands for the aggregator: writes `stats` and Redis. */
export class Owner {
  readonly stack: IsolatedStack;
  readonly store: StatsStore;
  readonly #kafka: KafkaClient;
  readonly #producer: BatchProducer;
  readonly #redis: Redis;

  private constructor(stack: IsolatedStack, kafka: KafkaClient, producer: BatchProducer, redis: Redis) {
    this.stack = stack;
    this.#kafka = kafka;
    this.#producer = producer;
    this.#redis = redis;
    this.store = createRedisStatsStore({ redis, prefix: 'tidemark:' });
  }

  static async create(): Promise<Owner> {
    const stack = await isolate();
    const kafka = connectKafka({ brokers: stack.kafkaBrokers, clientId: 'owner', topicPrefix: stack.topicPrefix, log });
    await kafka.ensureTopics({ partitions: partitionCount });
    const producer = createProducer(kafka);
    await producer.connect();
    const redis = createRedis({ url: stack.redisUrl, log });
    await pingRedis(redis);
    return new Owner(stack, kafka, producer, redis);
  }

  async publish(token: string, version: Version, padding = ''): Promise<void> {
    await this.#producer.send(this.#record(token, version, padding));
  }

  async publishAll(values: { token: string; version: Version }[], padding = ''): Promise<void> {
    await this.#producer.sendAll(values.map(({ token, version }) => this.#record(token, version, padding)));
  }

  async bury(token: string): Promise<void> {
    await this.#producer.send({
      topic: 'stats',
      partition: partitionOf(token, partitionCount),
      key: token,
      value: null,
    });
  }

  async beat(partition: number, version: Version): Promise<void> {
    const heartbeat = { partition, version, reportedAt: Date.now(), windows: ['5m', '1h'], status: {} };
    const value = JSON.stringify(heartbeat);
    await this.#producer.send({ topic: 'stats', partition, key: heartbeatKey(partition), value });
  }

  async close(): Promise<void> {
    await this.#producer.close();
    await this.#kafka.close();
    this.#redis.disconnect();
    await this.stack.dispose();
  }

  #record(token: string, version: Version, padding: string) {
    const value = JSON.stringify(record(token, version, padding));
    return { topic: 'stats' as const, partition: partitionOf(token, partitionCount), key: token, value };
  }
}

export function record(token: string, version: Version, padding = ''): StatsRecord {
  const windows = { '5m': emptyWindow(), '1h': emptyWindow() };
  return { token, symbol: null, name: padding, version, asOf: version[3], price: '1', windows };
}

/** A gateway in this process, ready. */
export async function startGateway(t: TestContext, { stack }: Owner, env: Record<string, string> = {}) {
  const readiness = new Readiness();
  const metrics = new Registry();
  const failures: unknown[] = [];
  const app: GatewayApp = await createApp({
    settings: loadSettings(schema, {
      ...stack.env,
      PARTITIONS: String(partitionCount),
      GATEWAY_PORT: '0',
      DRAIN_SPREAD: '50ms',
      ...env,
    }),
    instance: 'gateway',
    log,
    metrics,
    readiness,
    signal: new AbortController().signal,
    fail: (error) => failures.push(error),
  });
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= app.close());
  t.after(close);
  while (!readiness.ready) await new Promise((resolve) => setTimeout(resolve, 5));
  return {
    url: app.url,
    httpUrl: app.url.replace('ws:', 'http:').replace('/v1/stream', ''),
    readiness,
    metrics,
    failures,
    close,
    /** The sum of a metric of the gateway over its labels. */
    async metric(name: string): Promise<number> {
      const text = await metrics.getSingleMetricAsString(`tidemark_gateway_${name}`);
      const values = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
  };
}

export interface Frame {
  type: string;
  token?: string;
  partition?: number;
  version?: Version;
  code?: string;
  [key: string]: unknown;
}

/** A client that keeps every frame. */
export class Client {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly closed: Promise<number>;
  /** The connection beneath, to write what the library would not. */
  tcp: Socket | undefined;
  #wake: () => void = () => undefined;

  constructor(t: TestContext, url: string, options = {}) {
    this.socket = new WebSocket(url, options);
    this.socket.on('error', () => undefined);
    this.socket.on('upgrade', ({ socket }) => {
      this.tcp = socket;
    });
    this.socket.on('message', (data) => {
      this.frames.push(JSON.parse((data as Buffer).toString()) as Frame);
      this.#wake();
    });
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    t.after(() => this.socket.terminate());
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The first frame, of those that came and those to come, that the condition holds for. */
  async frame(condition: (frame: Frame) => boolean): Promise<Frame> {
    while (true) {
      const found = this.frames.find(condition);
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Connected and subscribed. */
  static async subscribed(t: TestContext, url: string, tokens: string[], options = {}): Promise<Client> {
    const client = new Client(t, url);
    await client.frame(({ type }) => type === 'welcome');
    client.send({ id: 1, op: 'subscribe', channel: 'stats', tokens, ...options });
    await client.frame(({ type }) => type === 'ack');
    return client;
  }
}

/** The HTTP answer to a refused handshake. */
export async function refusedHandshake(url: string): Promise<{ status: number; code: string }> {
  const socket = new WebSocket(url);
  return new Promise((resolve, reject) => {
    socket.once('open', () => reject(new Error('the handshake was accepted')));
    socket.once('unexpected-response', (_request, response) => {
      response.setEncoding('utf8');
      let body = '';
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode!, code: (JSON.parse(body) as { code: string }).code });
        socket.terminate();
      });
    });
    socket.on('error', () => undefined);
  });
}
