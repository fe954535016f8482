import { join } from 'node:path';
import { connectKafka, type KafkaClient } from '@tidemark/kafka';
import { silentLogger } from '@tidemark/runtime';
import { PortPicker, type Stack, startTemporaryStack } from '@tidemark/stack';
import { createRedis, createRedisStatsStore, migrate, pingRedis, type StatsStore } from '@tidemark/store';
import { type ServiceProcess, startService } from '@tidemark/testing';

export interface SystemOptions {
  partitions: number;
  signal: AbortSignal;
  say: (line: string) => void;
}

/** Servers and services of one run, in a folder and on ports of their own. */
export interface System {
  stack: Stack;
  partitions: number;
  client: KafkaClient;
  stats: StatsStore;
  /** Free for files of the run. */
  dir: string;
  /** The services that run, in the order of their start. */
  services: readonly ServiceProcess[];
  /** Aborted when the run is to end: on request, or because a service ended by itself. */
  signal: AbortSignal;
  freePort(): Promise<number>;
  /** Starts a service with these settings beside those of every service. */
  start(name: string, env?: Record<string, string>): Promise<ServiceProcess>;
  /** Stops that service and waits until it has ended. */
  stop(service: ServiceProcess): Promise<void>;
  /** Stops everything and removes the folder. */
  dispose(): Promise<void>;
}

/** The oracle reads the whole log at the end, so nothing of it may be deleted before. */
const retentionBytes = 2 ** 31;
const redisPrefix = 'tidemark:';
const logLinesShown = 20;

/** Starts Kafka, Postgres and Redis, with topics and tables; no service yet. */
export async function startSystem({ partitions, signal: stopRequest, say }: SystemOptions): Promise<System> {
  const log = silentLogger();
  const {
    stack,
    dir,
    dispose: disposeStack,
  } = await startTemporaryStack({ prefix: 'tidemark-bench-', onProgress: say });
  const client = connectKafka({ brokers: stack.kafka, clientId: 'bench', topicPrefix: '', log });
  const redis = createRedis({ url: stack.redis, log });
  const ports = new PortPicker();
  const failed = new AbortController();
  const services: ServiceProcess[] = [];
  const watch = async (service: ServiceProcess) => {
    const { code, signal } = await service.exited;
    if (!services.includes(service)) return;
    const end = `${service.name} ended (${signal ?? `exit ${code}`}) amid the run`;
    failed.abort(new Error(`${end}; it printed last:\n${service.logs.slice(-logLinesShown).join('\n')}`));
  };
  const stop = async (service: ServiceProcess) => {
    // Taken off the list first: its end is no failure.
    services.splice(services.indexOf(service), 1);
    await service.kill();
  };
  const dispose = async () => {
    for (const service of services.toReversed()) await stop(service);
    await client.close();
    redis.disconnect();
    await disposeStack();
  };
  const env = {
    KAFKA_BROKERS: stack.kafka.join(','),
    DATABASE_URL: stack.postgres,
    REDIS_URL: stack.redis,
    REDIS_PREFIX: redisPrefix,
    PARTITIONS: String(partitions),
    TOPIC_RETENTION_BYTES: String(retentionBytes),
    STATE_DIR: join(dir, 'producer'),
  };
  try {
    await client.ensureTopics({ partitions, retentionBytes });
    await migrate({ url: stack.postgres, log });
    await pingRedis(redis);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    stack,
    partitions,
    client,
    stats: createRedisStatsStore({ redis, prefix: redisPrefix }),
    dir,
    services,
    signal: AbortSignal.any([stopRequest, failed.signal]),
    freePort: () => ports.free(),
    async start(name, settings = {}) {
      const service = await startService(name, { ...env, ...settings });
      services.push(service);
      void watch(service);
      say(`${name} is up (pid ${service.pid})`);
      return service;
    },
    stop,
    dispose,
  };
}
