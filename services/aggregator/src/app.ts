import { PostgresCheckpointStore, requireRetention, rulesOf } from '@tidemark/checkpoint';
import { rulesHash } from '@tidemark/domain';
import { connectKafka, createProducer, kafkaConnection, topicOptions } from '@tidemark/kafka';
import { Member } from '@tidemark/ownership';
import { type App, type ServiceContext, waitFor } from '@tidemark/runtime';
import {
  createPostgres,
  createRedis,
  createRedisStatsStore,
  postgresConnection,
  redisConnection,
  requireNoEviction,
  requireSchema,
} from '@tidemark/store';
import { ClockGuard } from './clock-guard.ts';
import type { Settings } from './config.ts';
import { Heart } from './heart.ts';
import { createMetrics } from './metrics.ts';
import type { OwnedPartition } from './owned-partition.ts';
import { defaultPublishQueueOptions } from './publish-queue.ts';
import { Publisher } from './publisher.ts';
import { type RestoreOptions, restorePartition } from './restore.ts';

/** A dead letter holds up to 64 KiB: so many of them may wait in memory. */
const maxPendingDeadLetters = 256;

/** Counts swaps: a member of the group that owns partitions, stores checkpoints, and publishes statistics. */
export async function createApp(context: ServiceContext<Settings>): Promise<App> {
  const { settings, instance, log, metrics: registry, readiness, signal, fail } = context;
  const rules = rulesOf(settings);
  const wait = { log, timeoutMs: settings.START_TIMEOUT, signal };
  const client = connectKafka({ ...kafkaConnection(settings), clientId: instance, log });
  const postgres = createPostgres({ ...postgresConnection(settings), log });
  const redis = createRedis({ ...redisConnection(settings), log });
  const producer = createProducer(client);
  const deadLetterProducer = createProducer(client, { maxPending: maxPendingDeadLetters });
  await waitFor('PostgreSQL and its schema', () => requireSchema(postgres), wait);
  await waitFor('Redis', () => requireNoEviction(redis, log), wait);
  await waitFor('Kafka and its topics', () => client.ensureTopics(topicOptions(settings)), wait);
  await waitFor('Kafka', () => Promise.all([producer.connect(), deadLetterProducer.connect()]), wait);
  requireRetention(rules, client.topicName('swaps'), await client.retentionMs('swaps'));

  const stats = createRedisStatsStore({ redis, prefix: settings.REDIS_PREFIX });
  const store = new PostgresCheckpointStore(postgres);
  const partitions = (): Iterable<OwnedPartition> => member.partitions;
  const metrics = createMetrics([registry], partitions, settings.MAX_TOKENS);
  const publisher = new Publisher({
    producer,
    stats,
    partitions,
    metrics,
    log,
    onRedisLoss: () => heart.redisLost(),
  });
  const heart = new Heart({
    producer,
    stats,
    partitions,
    windows: rules.windows.map(({ name }) => name),
    instance,
    nowMs: Date.now,
    log,
  });
  const restore: RestoreOptions = {
    store,
    stats,
    deadLetterProducer,
    partitionCount: settings.PARTITIONS,
    rules,
    maxTokens: settings.MAX_TOKENS,
    clock: settings.CLOCK,
    nowMs: Date.now,
    publishing: { ...defaultPublishQueueOptions, intervalMs: settings.PUBLISH_INTERVAL },
    metrics,
    log,
  };
  const member = new Member<OwnedPartition>({
    client,
    store,
    settings,
    groupId: settings.GROUP_ID,
    rulesHash: rulesHash(rules),
    metrics,
    readiness,
    log,
    restore: (restoring) => restorePartition(restore, restoring),
    onApplied: () => publisher.wake(),
    onFatal: fail,
  });
  const clockGuard = new ClockGuard({ store, partitions, log, onFenced: (owned) => member.restart(owned) });

  await member.start(wait);
  publisher.start();
  heart.start();
  clockGuard.start();

  return {
    async close() {
      clockGuard.stop();
      await member.pause();
      heart.stop();
      await publisher.stop();
      await member.close();
      await Promise.all([producer.close(), deadLetterProducer.close()]);
      await client.close();
      await postgres.end();
      redis.disconnect();
    },
  };
}
