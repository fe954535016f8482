import { kafkaSettings } from '@tidemark/kafka';
import {
  createPostgres,
  createPostgresPartitionStore,
  createRedis,
  createRedisStatsStore,
  pingRedis,
  postgresConnection,
  postgresSettings,
  redisConnection,
  redisSettings,
  type StoredRebuild,
} from '@tidemark/store';
import type { Heartbeat } from '@tidemark/wire';
import type { Command } from 'commander';
import { z } from 'zod';
import { action, commandLogger, settingsOf, withKafka } from '../command.ts';
import { type Column, print, printError, printJson, table } from '../output.ts';
import { type PartitionStatusLine, partitionStatus } from '../partition-status.ts';
import { type RunningStack, readRunningStack } from '../running-stack.ts';

const schema = z.object({
  ...kafkaSettings,
  ...postgresSettings,
  ...redisSettings,
  GROUP_ID: z.string().default('tidemark-aggregator').describe('The consumer group of the aggregators.'),
});

type StatusSettings = z.infer<typeof schema>;

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show who counts each partition and how far; and the services of a running `npm start`')
    .option('--json', 'print data')
    .action(action((_, options: { json?: boolean }) => status(options)));
}

async function status({ json }: { json?: boolean }): Promise<void> {
  const settings = settingsOf(schema);
  const { partitions, rebuilds } = await readStatus(settings);
  const stack = readRunningStack(process.env);
  if (json) return printJson({ partitions, rebuilds, services: stack?.services ?? [] });
  print(table(partitions, columns));
  if (rebuilds.length > 0) print(`\n${table(rebuilds, rebuildColumns)}`);
  if (stack) print(`\n${addresses(stack)}`);
}

async function readStatus(
  settings: StatusSettings,
): Promise<{ partitions: PartitionStatusLine[]; rebuilds: StoredRebuild[] }> {
  const offsets = await withKafka(settings, (client) => client.offsets('swaps'));
  const topic = `${settings.TOPIC_PREFIX}swaps`;
  const { stored, rebuilds } = (await orNothing(readCheckpoints(settings, topic))) ?? { stored: [], rebuilds: [] };
  const heartbeats = (await orNothing(reportedHeartbeats(settings, offsets.length))) ?? [];
  const nowMs = Date.now();
  const partitions = offsets.map((ends) => {
    const { partition } = ends;
    return partitionStatus({
      topic,
      partition,
      heartbeat: heartbeats[partition] ?? null,
      stored: stored.find((row) => row.partition === partition),
      offsets: ends,
      nowMs,
    });
  });
  return { partitions, rebuilds };
}

async function readCheckpoints(settings: StatusSettings, topic: string) {
  const pool = createPostgres({ ...postgresConnection(settings), log: commandLogger('error'), max: 1 });
  try {
    const store = createPostgresPartitionStore(pool);
    return {
      stored: await store.list(settings.GROUP_ID, topic),
      rebuilds: await store.rebuilds(settings.GROUP_ID, topic),
    };
  } finally {
    await pool.end();
  }
}

async function reportedHeartbeats(settings: StatusSettings, partitionCount: number): Promise<(Heartbeat | null)[]> {
  const redis = createRedis({ ...redisConnection(settings), log: commandLogger('error') });
  try {
    await pingRedis(redis);
    const stats = createRedisStatsStore({ redis, prefix: settings.REDIS_PREFIX });
    return await stats.heartbeats(partitionCount);
  } finally {
    redis.disconnect();
  }
}

/** A server that is away leaves gaps in the answer, and says so: that is when the rest is wanted. */
async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    printError(error);
    return undefined;
  }
}

const unknown = '-';
const number = (value: number | null) => (value === null ? unknown : String(value));

const columns: Column<PartitionStatusLine>[] = [
  { title: 'TOPIC', value: ({ topic }) => topic },
  { title: 'PARTITION', value: ({ partition }) => String(partition), align: 'right' },
  { title: 'OWNER', value: ({ owner }) => owner ?? 'nobody' },
  { title: 'GENERATION', value: ({ generation }) => number(generation), align: 'right' },
  { title: 'EPOCH', value: ({ epoch }) => number(epoch), align: 'right' },
  { title: 'NEXT OFFSET', value: ({ nextOffset }) => number(nextOffset), align: 'right' },
  { title: 'LAG', value: ({ lag }) => number(lag), align: 'right' },
  { title: 'WATERMARK', value: ({ watermark }) => (watermark === null ? unknown : new Date(watermark).toISOString()) },
  {
    title: 'CHECKPOINT',
    value: ({ checkpointAgeMs }) =>
      checkpointAgeMs === null ? unknown : `${(checkpointAgeMs / 1_000).toFixed(1)} s ago`,
    align: 'right',
  },
];

/** A rebuild gives a sign of life each second. */
const silentAfterMs = 30_000;

const rebuildColumns: Column<StoredRebuild>[] = [
  { title: 'REBUILDING', value: ({ partition }) => String(partition), align: 'right' },
  { title: 'GENERATION', value: ({ generation }) => String(generation), align: 'right' },
  { title: 'BY', value: ({ worker }) => worker },
  { title: 'NEXT OFFSET', value: ({ nextOffset }) => String(nextOffset), align: 'right' },
  { title: 'END', value: ({ endOffset }) => String(endOffset), align: 'right' },
  {
    title: 'DONE',
    value: ({ startOffset, nextOffset, endOffset }) =>
      `${endOffset > startOffset ? Math.floor((100 * (nextOffset - startOffset)) / (endOffset - startOffset)) : 100} %`,
    align: 'right',
  },
  {
    title: 'STATE',
    value: ({ reportAgeMs }) => (reportAgeMs > silentAfterMs ? 'was killed: run rebuild again' : 'under way'),
  },
];

function addresses({ api, gateway, kafka, services }: RunningStack): string {
  const rows = [
    { name: 'api', address: api, pid: unknown },
    { name: 'gateway', address: gateway, pid: unknown },
    { name: 'kafka', address: kafka.join(','), pid: unknown },
    ...services.map(({ name, admin, pid }) => ({ name: `${name} (admin)`, address: admin, pid: String(pid) })),
  ];
  return table(rows, [
    { title: 'SERVICE', value: ({ name }) => name },
    { title: 'ADDRESS', value: ({ address }) => address },
    { title: 'PID', value: ({ pid }) => pid, align: 'right' },
  ]);
}
