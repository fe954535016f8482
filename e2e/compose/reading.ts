import { connectKafka } from '@tidemark/kafka';
import { silentLogger } from '@tidemark/runtime';
import { createRedis, createRedisStatsStore, pingRedis } from '@tidemark/store';
import type { CountedLog } from '../support/installation.ts';
import type { Project } from './project.ts';

const redisPrefix = 'tidemark:';

/** The log and the figures of a running project, from outside of its containers. */
export interface Reading extends CountedLog {
  /** Where each partition of swaps ends. */
  ends(): Promise<number[]>;
  close(): Promise<void>;
}

export async function readFrom(project: Project): Promise<Reading> {
  const log = silentLogger();
  const brokers = [`127.0.0.1:${project.ports.kafka}`];
  const client = connectKafka({ brokers, clientId: 'test', topicPrefix: '', log });
  const url = new URL(await project.compose('exec', '--no-TTY', 'redis', 'cat', '/run/tidemark/redis-url'));
  url.host = `127.0.0.1:${project.ports.redis}`;
  const redis = createRedis({ url: url.href, log });
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
