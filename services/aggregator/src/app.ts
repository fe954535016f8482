import { PostgresCheckpointStore, requireRetention, rulesOf } from '@tidemark/checkpoint';
import { connectKafka, createProducer, kafkaConnection, PartitionConsumer, topicOptions } from '@tidemark/kafka';
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
import { Checkpointer } from './checkpointer.ts';
import { ClockGuard } from './clock-guard.ts';
import type { Settings } from './config.ts';
import { Heart } from './heart.ts';
import { createMetrics } from './metrics.ts';
import type { OwnedPartition } from './owned-partition.ts';
import { Partitions } from './partitions.ts';
import { defaultPublishQueueOptions } from './publish-queue.ts';
import { Publisher } from './publisher.ts';
import { watchLog } from './watch-log.ts';
import { watchRebuilds } from './watch-rebuilds.ts';

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
  const owned = (): Iterable<OwnedPartition> => partitions;
  const metrics = createMetrics([registry], owned, settings.MAX_TOKENS);
  const publisher = new Publisher({
    producer,
    stats,
    partitions: owned,
    metrics,
    log,
    onRedisLoss: () => heart.redisLost(),
  });
  const heart = new Heart({
    producer,
    stats,
    partitions: owned,
    windows: rules.windows.map(({ name }) => name),
    instance,
    nowMs: Date.now,
    log,
  });
  const checkpointer = new Checkpointer({
    store,
    consumer: () => consumer,
    partitions: owned,
    intervalMs: settings.CHECKPOINT_INTERVAL,
    metrics,
    log,
    onInvalid: (partition) => restart(partition),
  });
  const partitions = new Partitions({
    client,
    store,
    stats,
    checkpointer: () => checkpointer,
    deadLetterProducer,
    groupId: settings.GROUP_ID,
    partitionCount: settings.PARTITIONS,
    rules,
    maxTokens: settings.MAX_TOKENS,
    clock: settings.CLOCK,
    nowMs: Date.now,
    publishing: { ...defaultPublishQueueOptions, intervalMs: settings.PUBLISH_INTERVAL },
    metrics,
    readiness,
    log,
    onApplied: () => publisher.wake(),
    onFatal: fail,
  });
  const consumer = new PartitionConsumer(client, {
    topic: 'swaps',
    groupId: settings.GROUP_ID,
    partitionCount: settings.PARTITIONS,
    sessionTimeoutMs: settings.SESSION_TIMEOUT,
    processor: partitions,
    log,
    onJoined: (tookMs) => {
      metrics.joinSeconds.observe(tookMs / 1_000);
      readiness.done('the consumer group');
    },
    onLeft: () => readiness.waitFor('the consumer group'),
    onCrash: fail,
  });
  const restart = (partition: OwnedPartition) => {
    partitions.invalidate(partition);
    consumer.restart(partition.assignment);
  };

  readiness.waitFor('the consumer group', 'starting');
  await waitFor('the consumer group', () => consumer.start(), wait);
  publisher.start();
  heart.start();
  checkpointer.start();
  const watch = watchLog({
    client,
    partitions: owned,
    isMember: () => consumer.isMember,
    stuckAfterMs: Math.max(settings.STUCK_AFTER, 2 * settings.SESSION_TIMEOUT),
    clock: new ClockGuard({ store, log, onFenced: restart }),
    readiness,
    log,
    onStuck: fail,
  });
  const rebuilds = watchRebuilds({
    store,
    key: { groupId: settings.GROUP_ID, topic: client.topicName('swaps') },
    owned,
    standstills: () => partitions.standstills,
    log,
    onSuperseded: (partition) => restart(partition),
    onRebuilt: (partition) => {
      const assignment = consumer.assignments.find((one) => one.partition === partition);
      if (assignment) consumer.restart(assignment);
    },
  });

  return {
    async close() {
      watch.stop();
      rebuilds.stop();
      await consumer.pause();
      heart.stop();
      checkpointer.stop();
      await publisher.stop();
      await checkpointer.flush();
      await consumer.close();
      await Promise.all([producer.close(), deadLetterProducer.close()]);
      await client.close();
      await postgres.end();
      redis.disconnect();
    },
  };
}
