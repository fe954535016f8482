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
  type StatsStore,
} from '@tidemark/store';
import { type IsolatedStack, isolate, type ServiceProcess, startService } from '@tidemark/testing';

/** An installation of its own on the servers of the test run: topics, tables, and services started as processes. */
export interface Installation {
  stack: IsolatedStack;
  client: KafkaClient;
  postgres: Pool;
  stats: StatsStore;
  partitionCount: number;
  start(service: string, env?: Record<string, string>): Promise<ServiceProcess>;
}

/** Enough of an installation, wherever it runs, to hold what was counted against the log. */
export type CountedLog = Pick<Installation, 'client' | 'stats' | 'partitionCount'>;

export interface InstallationOptions {
  partitionCount?: number;
}

const redisPrefix = 'tidemark:';
/** The least that the aggregator takes, so that a killed member is missed soon. */
const sessionTimeout = '6s';

export async function install(
  test: TestContext,
  { partitionCount = 4 }: InstallationOptions = {},
): Promise<Installation> {
  const stack = await isolate();
  const log = silentLogger();
  const client = connectKafka({ brokers: stack.kafkaBrokers, clientId: 'test', topicPrefix: stack.topicPrefix, log });
  await client.ensureTopics({ partitions: partitionCount });
  await migrate({ url: stack.databaseUrl, log });
  const postgres = createPostgres({ url: stack.databaseUrl, log });
  const redis = createRedis({ url: stack.redisUrl, log });
  await pingRedis(redis);
  // Hooks run in the order they were given: services, which are started later, would end last.
  const services: ServiceProcess[] = [];
  test.after(async () => {
    await Promise.all(services.map((service) => service.kill()));
    if ((test as { error?: unknown }).error)
      for (const { name, logs } of services) test.diagnostic(`${name}:\n${logs.slice(-40).join('\n')}`);
    await client.close();
    await postgres.end();
    redis.disconnect();
    await stack.dispose();
  });
  return {
    stack,
    client,
    postgres,
    stats: createRedisStatsStore({ redis, prefix: redisPrefix }),
    partitionCount,
    async start(name, env = {}) {
      const service = await startService(name, {
        ...stack.env,
        PARTITIONS: String(partitionCount),
        SESSION_TIMEOUT: sessionTimeout,
        REDIS_PREFIX: redisPrefix,
        ...env,
      });
      services.push(service);
      return service;
    },
  };
}
