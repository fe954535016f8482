import { randomBytes } from 'node:crypto';
import type { Swap } from '@tidemark/domain';
import { type ConsumedRecord, connectKafka, type KafkaClient, tailTopic } from '@tidemark/kafka';
import { silentLogger } from '@tidemark/runtime';
import type { IsolatedStack } from '@tidemark/testing';

/** A client of the test's corner of Kafka. */
export function connect({
  kafkaBrokers,
  topicPrefix,
}: Pick<IsolatedStack, 'kafkaBrokers' | 'topicPrefix'>): KafkaClient {
  return connectKafka({ brokers: kafkaBrokers, clientId: 'test', topicPrefix, log: silentLogger() });
}

/** Everything that `swaps` holds now, by partition and offset. */
export async function readSwaps(client: KafkaClient): Promise<(ConsumedRecord & { swap: Swap })[]> {
  const records: ConsumedRecord[] = [];
  const tail = await tailTopic(client, {
    topic: 'swaps',
    groupId: `test-${randomBytes(6).toString('hex')}`,
    onRecords: (_, some) => void records.push(...some),
    onError: (error) => {
      throw error;
    },
  });
  await tail.caughtUp;
  await tail.close();
  return records
    .toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
    .map((record) => ({ ...record, swap: JSON.parse(Buffer.from(record.value!).toString()) as Swap }));
}

export async function countSwaps(client: KafkaClient): Promise<number> {
  const offsets = await client.offsets('swaps');
  return offsets.reduce((sum, { low, high }) => sum + high - low, 0);
}
