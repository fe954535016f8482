import { integer, list } from '@tidemark/runtime';
import { z } from 'zod';

/** Settings of every service that talks to Kafka. */
export const kafkaSettings = {
  KAFKA_BROKERS: list('127.0.0.1:9092')
    .refine((brokers) => brokers.length > 0, 'expected host:port, or several separated by commas')
    .describe('Brokers to start from, host:port separated by commas.'),
  TOPIC_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,100}$/, 'expected up to 100 letters, digits, dots, underscores or hyphens')
    .default('')
    .describe('Put before every topic name, so that several installations share a cluster.'),
  PARTITIONS: integer(12, { min: 1, max: 10_000 }).describe(
    'Partitions of swaps and stats when they are created; fixed afterwards.',
  ),
  TOPIC_RETENTION_BYTES: integer(0).describe(
    'Bounds each partition of the topics that grow; 0 leaves them bounded by time alone.',
  ),
};
