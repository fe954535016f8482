import { PostgresCheckpointStore, rulesOf } from '@tidemark/checkpoint';
import { longestWindow, type Rules } from '@tidemark/domain';
import {
  connectKafka,
  createProducer,
  type KafkaClient,
  kafkaConnection,
  PartitionConsumer,
  topicOptions,
} from '@tidemark/kafka';
import { type App, CodedError, type ServiceContext, waitFor } from '@tidemark/runtime';
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

const hourMs = 3_600_000;
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
  await requireRetention(client, rules);

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

  return {
    async close() {
      watch.stop();
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

/** A rebuild reads the log again: it must reach back over the longest window and everything that may still come late. */
async function requireRetention(client: KafkaClient, rules: Rules): Promise<void> {
  const longest = longestWindow(rules);
  const neededMs = longest.lengthMs + rules.latenessMs + hourMs;
  const retentionMs = await client.retentionMs('swaps');
  if (neededMs <= retentionMs) return;
  throw new CodedError(
    'SETTINGS_INVALID',
    `WINDOWS (${longest.name}) + LATENESS + 1h = ${neededMs} ms is more than ${client.topicName('swaps')} keeps, ${retentionMs} ms`,
  );
}
