import kafkajs, { type EachBatchHandler, type Kafka } from 'kafkajs';

/** A client as its users would make it. */
export function bareKafka(brokers: string[]): Kafka {
  return new kafkajs.Kafka({ clientId: 'bench-bare', brokers, logLevel: kafkajs.logLevel.NOTHING });
}

export interface Following {
  topic: string;
  groupId: string;
  partitions: number;
  eachBatch: EachBatchHandler;
}

/** Consumes a topic from its start, all partitions side by side. Resolves once the partitions are assigned. */
export async function follow(kafka: Kafka, { topic, groupId, partitions, eachBatch }: Following) {
  const consumer = kafka.consumer({ groupId });
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ autoCommit: false, partitionsConsumedConcurrently: partitions, eachBatch });
  await joined;
  return consumer;
}
