import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf, type Swap } from '@tidemark/domain';
import { type ConsumedRecord, connectKafka, createProducer, type KafkaClient, tailTopic } from '@tidemark/kafka';
import { silentLogger } from '@tidemark/runtime';
import { createRedis, createRedisStatsStore, migrate, pingRedis, type Redis, type StatsStore } from '@tidemark/store';
import { type IsolatedStack, isolate } from '@tidemark/testing';
import { readStatsRecord, type StatsEvent, type TopicName } from '@tidemark/wire';

const main = join(import.meta.dirname, '..', 'src', 'main.ts');
const redisPrefix = 'tidemark:';
const pollMs = 50;

/** The aggregator as a process that may never be ready. */
export interface Process {
  logs: string[];
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** What /readyz says it waits for; nothing when it is ready. */
  waitingFor(): Promise<string[]>;
  kill(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Topics, tables and processes of a test's own on the servers of the run. */
export class Installation {
  readonly stack: IsolatedStack;
  readonly client: KafkaClient;
  readonly redis: Redis;
  readonly stats: StatsStore;
  readonly partitionCount: number;
  readonly #processes: Process[] = [];

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
  start(env: Record<string, string> = {}): Process {
    const child = spawn(process.execPath, [main], {
      env: {
        ...process.env,
        ...this.stack.env,
        ADMIN_PORT: '0',
        PARTITIONS: String(this.partitionCount),
        SESSION_TIMEOUT: '6s',
        CHECKPOINT_INTERVAL: '100ms',
        REDIS_PREFIX: redisPrefix,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const logs: string[] = [];
    const admin = new Promise<string>((resolve) =>
      createInterface({ input: child.stdout }).on('line', (line) => {
        logs.push(line);
        const url = /"admin":"(http:[^"]+)"/.exec(line)?.[1];
        if (url) resolve(url);
      }),
    );
    const exited: Process['exited'] = new Promise((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal })),
    );
    const started: Process = {
      logs,
      exited,
      async waitingFor() {
        const answer = await fetch(`${await admin}/readyz`);
        return ((await answer.json()) as { waitingFor: string[] }).waitingFor;
      },
      kill(signal = 'SIGTERM') {
        child.kill(signal);
        return exited;
      },
    };
    this.#processes.push(started);
    return started;
  }

  async startReady(env: Record<string, string> = {}): Promise<Process> {
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
