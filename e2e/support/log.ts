import { randomUUID } from 'node:crypto';
import { partitionOf } from '@tidemark/domain';
import { type ConsumedRecord, createProducer, tailTopic } from '@tidemark/kafka';
import type { GeneratedSwap } from '@tidemark/testing';
import type { TopicName } from '@tidemark/wire';
import type { CountedLog } from './installation.ts';

const produceChunk = 2_000;

/** Sends swaps in their order; `onProgress` is told how many are acknowledged and may hold the next ones back. */
export async function produceSwaps(
  { client, partitionCount }: CountedLog,
  swaps: Iterable<GeneratedSwap>,
  onProgress: (sent: number) => Promise<void> | void = () => undefined,
): Promise<void> {
  const producer = createProducer(client);
  await producer.connect();
  let sent = 0;
  let chunk: Parameters<typeof producer.sendAll>[0] = [];
  const flush = async () => {
    await producer.sendAll(chunk);
    sent += chunk.length;
    chunk = [];
    await onProgress(sent);
  };
  for (const { swap } of swaps) {
    chunk.push({
      topic: 'swaps',
      partition: partitionOf(swap.token, partitionCount),
      key: swap.token,
      value: JSON.stringify(swap),
    });
    if (chunk.length === produceChunk) await flush();
  }
  await flush();
  await producer.close();
}

/** All records that the topic holds now, by partition. */
export async function readTopic(
  { client, partitionCount }: Pick<CountedLog, 'client' | 'partitionCount'>,
  topic: TopicName,
): Promise<ConsumedRecord[][]> {
  const partitions: ConsumedRecord[][] = Array.from({ length: partitionCount }, () => []);
  const tail = await tailTopic(client, {
    topic,
    groupId: `test-reader-${randomUUID()}`,
    keepUnreadable: true,
    onRecords: (partition, records) => {
      for (const record of records) partitions[partition]!.push(record);
    },
    onError: (error) => {
      throw error;
    },
  });
  await tail.caughtUp;
  await tail.close();
  return partitions;
}
