import type { KafkaClient } from '@tidemark/kafka';

type Admin = ReturnType<KafkaClient['kafka']['admin']>;

/** What only an operator of the cluster does. */
export async function asAdmin(client: KafkaClient, work: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = client.kafka.admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** As retention does, only at once. */
export async function deleteRecordsBefore(client: KafkaClient, partition: number, offset: number): Promise<void> {
  const topic = client.topicName('swaps');
  await asAdmin(client, async (admin) => {
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
  });
}
