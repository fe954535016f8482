import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf, type Swap } from '@tidemark/domain';
import { type ConsumedRecord, connectKafka, createProducer, type KafkaClient, tailTopic } from '@tidemark/kafka';
import { silentLogger } from '@tidemark/runtime';
import { createRedis, createRedisStatsStore, migrate, pingRedis, type Redis, type StatsStore } from '@tidemark/store';
import { type IsolatedStack, isolate, type SpawnedService, spawnService } from '@tidemark/testing';
import { readStatsRecord, type StatsEvent, type TopicName } from '@tidemark/wire';

const redisPrefix = 'tidemark:';
const pollMs = 50;

/** Topics, tables and processes of a test's own on the servers of the run. */
export class Installation {
  readonly stack: IsolatedStack;
  readonly client: KafkaClient;
  readonly redis: Redis;
  readonly stats: StatsStore;
  readonly partitionCount: number;
  readonly #processes: SpawnedService[] = [];

  private constructor(stack: IsolatedStack, client: KafkaClient, redis: Redis, partitionCount: number) {
    this.stack = stack;
    this.client = client;
    this.redis = redis;
    this.stats = createRedisStatsStore({ redis, prefix: redisPrefix });
    this.partitionCount = partitionCount;
  }

  static async create(t: TestContext, partitionCount = 2): Promise<Installation> {
    const stack = await isolate();
    const log = silentLogger();
    const client = connectKafka({ brokers: stack.kafkaBrokers, clientId: 'test', topicPrefix: stack.topicPrefix, log });
    await client.ensureTopics({ partitions: partitionCount });
    await migrate({ url: stack.databaseUrl, log });
    const redis = createRedis({ url: stack.redisUrl, log });
    await pingRedis(redis);
    const installation = new Installation(stack, client, redis, partitionCount);
    t.after(async () => {
      await Promise.all(installation.#processes.map((one) => one.kill('SIGKILL')));
      if ((t as { error?: unknown }).error)
        for (const { logs } of installation.#processes) t.diagnostic(logs.slice(-30).join('\n'));
      await client.close();
      redis.disconnect();
      await stack.dispose();
    });
    return installation;
  }

  /** Starts an aggregator; resolves at once. */
  start(env: Record<string, string> = {}): SpawnedService {
    const started = spawnService('aggregator', {
      ...this.stack.env,
      PARTITIONS: String(this.partitionCount),
      SESSION_TIMEOUT: '6s',
      CHECKPOINT_INTERVAL: '100ms',
      REDIS_PREFIX: redisPrefix,
      ...env,
    });
    this.#processes.push(started);
    return started;
  }

  async startReady(env: Record<string, string> = {}): Promise<SpawnedService> {
    const started = this.start(env);
    await until(async () => (await started.waitingFor()).length === 0);
    return started;
  }

  partitionOf(token: string): number {
    return partitionOf(token, this.partitionCount);
  }

  /** A token of the partition; another one for each `name`. */
  token(partition: number, name = 't'): string {
    for (let number = 0; ; number++) {
      const token = `${name}${number}`;
      if (this.partitionOf(token) === partition) return token;
    }
  }

  async produce(...swaps: (Pick<Swap, 'token'> & Partial<Swap>)[]): Promise<void> {
    const producer = createProducer(this.client);
    await producer.connect();
    await producer.sendAll(
      swaps.map((swap) => ({
        topic: 'swaps',
        partition: this.partitionOf(swap.token),
        key: swap.token,
        value: JSON.stringify({
          id: randomUUID(),
          trader: 'a',
          side: 'buy',
          amount: '2',
          usd: '10',
          timestamp: Date.now(),
          ...swap,
        }),
      })),
    );
    await producer.close();
  }

  /** Trades of the token in its longest window, as Redis has it. */
  async trades(token: string): Promise<number | undefined> {
    const [record] = await this.stats.read([token]);
    return record ? Object.values(record.windows).at(-1)!.trades : undefined;
  }

  /** All records that the topic holds now, in the order of each partition. */
  async read(topic: TopicName): Promise<ConsumedRecord[]> {
    const all: ConsumedRecord[] = [];
    const tail = await tailTopic(this.client, {
      topic,
      groupId: `${this.stack.topicPrefix}reader-${randomUUID()}`,
      keepUnreadable: true,
      onRecords: (_, records) => {
        all.push(...records);
      },
      onError: (error) => {
        throw error;
      },
    });
    await tail.caughtUp;
    await tail.close();
    return all;
  }

  async readStats(partition: number): Promise<StatsEvent[]> {
    const records = await this.read('stats');
    return records
      .filter((record) => record.partition === partition)
      .map(({ key, value }) => readStatsRecord(key, value))
      .filter((event) => event !== null);
  }
}

/** Polls; the run's own bound ends a test that waits in vain. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await sleep(pollMs);
}
