export type { Assignment } from './assignment.ts';
export { connectKafka, type KafkaClient, type KafkaOptions, type PartitionOffsets } from './client.ts';
export { DeadLetters } from './dead-letters.ts';
export {
  type PartitionBatch,
  PartitionConsumer,
  type PartitionConsumerOptions,
  type PartitionProcessor,
} from './partition-consumer.ts';
export { type BatchProducer, createProducer, type OutgoingRecord, type ProducerOptions } from './producer.ts';
export type { ConsumedRecord } from './record.ts';
export { recordsAt } from './records-at.ts';
export { type KafkaConnection, kafkaConnection, kafkaSettings, topicOptions } from './settings.ts';
export { type Tail, type TailOptions, tailTopic } from './tail.ts';
export type { TopicReport } from './topics.ts';
