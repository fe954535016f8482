import { randomUUID } from 'node:crypto';
import type { TopicName } from '@tidemark/wire';
import type { KafkaClient } from './client.ts';
import type { ConsumedRecord } from './record.ts';
import { tailTopic } from './tail.ts';

/** The first record at or after the offset of each partition; absent where the log holds none. */
export async function recordsAt(
  client: KafkaClient,
  topic: TopicName,
  offsets: ReadonlyMap<number, number>,
): Promise<Map<number, ConsumedRecord>> {
  const found = new Map<number, ConsumedRecord>();
  if (offsets.size === 0) return found;
  const { promise: allFound, resolve, reject } = Promise.withResolvers<void>();
  const tail = await tailTopic(client, {
    topic,
    groupId: `tidemark-look-${randomUUID()}`,
    from: offsets,
    partitions: [...offsets.keys()],
    keepUnreadable: true,
    onRecords: (partition, records) => {
      if (!found.has(partition)) found.set(partition, records[0]!);
      if (found.size === offsets.size) resolve();
    },
    onError: reject,
  });
  try {
    await Promise.race([allFound, tail.caughtUp]);
  } finally {
    await tail.close();
  }
  return found;
}
