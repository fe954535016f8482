import kafkajs from 'kafkajs';
import { bareKafka, follow } from './bare-client.ts';

/** What is between the two hops: a process that sends on each record as it came. */
export interface RelayOptions {
  brokers: string[];
  from: string;
  to: string;
  partitions: number;
}

const { brokers, from, to, partitions } = JSON.parse(process.argv[2]!) as RelayOptions;
const kafka = bareKafka(brokers);
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
await producer.connect();
await follow(kafka, {
  topic: from,
  groupId: 'bench-relay',
  partitions,
  eachBatch: async ({ batch: { partition, messages } }) => {
    await producer.send({ topic: to, messages: messages.map(({ key, value }) => ({ partition, key, value })) });
  },
});
process.send!('ready');
// The channel closes when the bench ends, however it ends.
process.on('disconnect', () => process.exit());
