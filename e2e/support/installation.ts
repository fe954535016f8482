import type { TestContext } from 'node:test';
import { connectKafka, type KafkaClient } from '@tidemark/kafka';
import { silentLogger } from '@tidemark/runtime';
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
import { type IsolatedStack, isolate, type ServiceProcess, spawnService, startService } from '@tidemark/testing';

/** Topics and tables of their own on running servers, and clients of all of them. */
export interface Installation {
  stack: IsolatedStack;
  client: KafkaClient;
  postgres: Pool;
  redis: Redis;
  stats: StatsStore;
  partitionCount: number;
  /** What a service needs to be a part of it. */
  env: Record<string, string>;
  close(): Promise<void>;
}

/** An installation of a test, with services started as processes. */
export interface TestInstallation extends Installation {
  start(service: string, env?: Record<string, string>): Promise<ServiceProcess>;
  /** As `start`, for one that will not be ready. */
  spawn(service: string, env?: Record<string, string>): Promise<ServiceProcess>;
}

/** Enough of an installation, wherever it runs, to hold what was counted against the log. */
export type CountedLog = Pick<Installation, 'client' | 'stats' | 'partitionCount'>;

export interface InstallationOptions {
  partitionCount?: number;
}

const redisPrefix = 'tidemark:';
/** The least that the aggregator takes, so that a killed member is missed soon. */
const sessionTimeout = '6s';
/** The oracle reads the whole log, so nothing of it may be deleted. */
const retentionBytes = 2 ** 31;

export async function createInstallation(
  stack: IsolatedStack,
  { partitionCount = 4 }: InstallationOptions = {},
): Promise<Installation> {
  const log = silentLogger();
  const client = connectKafka({ brokers: stack.kafkaBrokers, clientId: 'test', topicPrefix: stack.topicPrefix, log });
  await client.ensureTopics({ partitions: partitionCount, retentionBytes });
  await migrate({ url: stack.databaseUrl, log });
  const postgres = createPostgres({ url: stack.databaseUrl, log });
  const redis = createRedis({ url: stack.redisUrl, log });
  await pingRedis(redis);
  return {
    stack,
    client,
    postgres,
    redis,
    stats: createRedisStatsStore({ redis, prefix: redisPrefix }),
    partitionCount,
    env: {
      ...stack.env,
      PARTITIONS: String(partitionCount),
      TOPIC_RETENTION_BYTES: String(retentionBytes),
      SESSION_TIMEOUT: sessionTimeout,
      REDIS_PREFIX: redisPrefix,
    },
    async close() {
      await client.close();
      await postgres.end();
      redis.disconnect();
      await stack.dispose();
    },
  };
}

export async function install(test: TestContext, options: InstallationOptions = {}): Promise<TestInstallation> {
  const installation = await createInstallation(await isolate(), options);
  // Hooks run in the order they were given: services, which are started later, would end last.
  const services: ServiceProcess[] = [];
  test.after(async () => {
    await Promise.all(services.map((service) => service.kill()));
    if ((test as { error?: unknown }).error)
      for (const { name, logs } of services) test.diagnostic(`${name}:\n${logs.slice(-40).join('\n')}`);
    await installation.close();
  });
  return {
    ...installation,
    async spawn(name, env = {}) {
      const spawned = spawnService(name, { ...installation.env, ...env });
      const service = { ...spawned, admin: await spawned.admin };
      services.push(service);
      return service;
    },
    async start(name, env = {}) {
      const service = await startService(name, { ...installation.env, ...env });
      services.push(service);
      return service;
    },
  };
}
