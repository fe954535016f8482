import { PostgresCheckpointStore, requireRetention, restoreEngine } from '@tidemark/checkpoint';
import { createRegister, defaultRules, type Rules, rulesHash } from '@tidemark/domain';
import { connectKafka, kafkaConnection, topicOptions } from '@tidemark/kafka';
import { Member, type Restoring } from '@tidemark/ownership';
import { type App, type ServiceContext, waitFor } from '@tidemark/runtime';
import { createPostgres, postgresConnection, requireSchema, SwapDays, SwapWriter } from '@tidemark/store';
import type { Settings } from './config.ts';
import { createMetrics } from './metrics.ts';
import { RecordedPartition } from './recorded-partition.ts';
import { keepDays } from './retention.ts';

/** Keeps swaps: a member of a group of its own that judges as the aggregator does, and stores what it accepts with its offset. */
export async function createApp(context: ServiceContext<Settings>): Promise<App> {
  const { settings, instance, log, metrics: registry, readiness, signal, fail } = context;
  const rules: Rules = {
    latenessMs: settings.LATENESS,
    windows: settings.WINDOWS,
    maxRecordBytes: settings.MAX_RECORD_BYTES,
    // Decides nothing here.
    priceMinUsd: defaultRules.priceMinUsd,
  };
  const wait = { log, timeoutMs: settings.START_TIMEOUT, signal };
  const client = connectKafka({ ...kafkaConnection(settings), clientId: instance, log });
  const postgres = createPostgres({ ...postgresConnection(settings), log });
  await waitFor('PostgreSQL and its schema', () => requireSchema(postgres), wait);
  await waitFor('Kafka and its topics', () => client.ensureTopics(topicOptions(settings)), wait);
  requireRetention(rules, client.topicName('swaps'), await client.retentionMs('swaps'));

  const metrics = createMetrics([registry], () => member.partitions, settings.MAX_TOKENS);
  const restore = async ({ assignment, ownership, stored, bounds }: Restoring) => {
    const { partition } = assignment;
    const register = createRegister({
      rules,
      partition,
      partitionCount: settings.PARTITIONS,
      maxTokens: settings.MAX_TOKENS,
    });
    await restoreEngine(register, stored, assignment.signal);
    return new RecordedPartition({
      assignment,
      ownership,
      state: register,
      stored,
      endOffset: bounds.high,
      maxUnstored: settings.MAX_UNSTORED_SWAPS,
      onRejected: (code) => metrics.skipped.inc({ code }),
      onFull: (owned) => member.storeNow(owned),
    });
  };
  const member: Member<RecordedPartition> = new Member<RecordedPartition>({
    client,
    store: new PostgresCheckpointStore(postgres, new SwapWriter(postgres)),
    settings,
    groupId: settings.RECORDER_GROUP_ID,
    // Of another kind than what an aggregator stores: a group of theirs is refused, not misread.
    rulesHash: `recorder:${rulesHash(rules)}`,
    metrics,
    readiness,
    log,
    restore,
    onFatal: fail,
  });
  await member.start(wait);
  const days = keepDays({
    days: new SwapDays(postgres),
    keepDays: settings.SWAP_RETENTION_DAYS,
    nowMs: Date.now,
    log,
  });

  return {
    async close() {
      days.stop();
      await member.pause();
      await member.close();
      await client.close();
      await postgres.end();
    },
  };
}
