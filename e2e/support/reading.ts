import assert from 'node:assert/strict';
import { connectKafka } from '@tidemark/kafka';
import { silentLogger } from '@tidemark/runtime';
import { createRedis, createRedisStatsStore, pingRedis } from '@tidemark/store';
import { eventually } from './eventually.ts';
import type { CountedLog } from './installation.ts';
import type { Subscriber } from './subscriber.ts';

const redisPrefix = 'tidemark:';
const freshMs = 3_000;

/** The log and the figures of a running system, from outside of its containers. */
export interface Reading extends CountedLog {
  /** Where each partition of swaps ends. */
  ends(): Promise<number[]>;
  close(): Promise<void>;
}

export interface ReadingOptions {
  brokers: string[];
  redisUrl: string;
}

export async function readFrom({ brokers, redisUrl }: ReadingOptions): Promise<Reading> {
  const log = silentLogger();
  const client = connectKafka({ brokers, clientId: 'test', topicPrefix: '', log });
  const redis = createRedis({ url: redisUrl, log });
  await pingRedis(redis);
  return {
    client,
    stats: createRedisStatsStore({ redis, prefix: redisPrefix }),
    partitionCount: await client.partitionCount('swaps'),
    ends: async () => (await client.offsets('swaps')).map(({ high }) => high),
    async close() {
      redis.disconnect();
      await client.close();
    },
  };
}

/** Resolves once so many aggregators own partitions, and no partition is without an owner. */
export async function sharedBy({ stats, partitionCount }: Reading, count: number): Promise<void> {
  await eventually(`${count} aggregators to own partitions`, async () => {
    const heartbeats = await stats.heartbeats(partitionCount);
    const newest = heartbeats.filter((heartbeat) => heartbeat && Date.now() - heartbeat.reportedAt < freshMs);
    return newest.length === partitionCount && new Set(newest.map((one) => one!.status.owner)).size === count;
  });
}

/** What a subscriber saw; rejects when a version went back. */
export function versionsRose({ wentBack, updates, versions, connections }: Subscriber): string {
  assert.deepEqual(wentBack, []);
  assert.ok(updates > versions.size, 'it was served');
  return `${updates} updates of ${versions.size} tokens and partitions over ${connections} connections, none went back`;
}
