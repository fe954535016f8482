import { CodedError, flag, integer, list, readSettingFile } from '@tidemark/runtime';
import type { TopicOptions } from '@tidemark/wire';
import { z } from 'zod';

/** Settings of every service that talks to Kafka. */
export const kafkaSettings = {
  KAFKA_BROKERS: list('127.0.0.1:9092')
    .refine((brokers) => brokers.length > 0, 'expected host:port, or several separated by commas')
    .describe('Brokers to start from, host:port separated by commas.'),
  KAFKA_TLS: flag(false).describe('Talk TLS to the brokers, and verify their certificates and names.'),
  KAFKA_CA_FILE: z
    .string()
    .default('')
    .describe('With KAFKA_TLS: the certificate authorities to trust (PEM), instead of those that Node knows.'),
  KAFKA_CERT_FILE: z
    .string()
    .default('')
    .describe('With KAFKA_TLS: the certificate to show to brokers that ask for one (PEM).'),
  KAFKA_KEY_FILE: z.string().default('').describe('The private key of KAFKA_CERT_FILE (PEM).'),
  KAFKA_SASL: z
    .enum(['none', 'plain', 'scram-sha-256', 'scram-sha-512'])
    .default('none')
    .describe('How to log in to the brokers. `plain` sends the password as it is: use it with KAFKA_TLS.'),
  KAFKA_USER: z.string().default('').describe('With KAFKA_SASL: the name of the user.'),
  KAFKA_PASSWORD: z
    .string()
    .default('')
    .meta({ secret: true, description: 'With KAFKA_SASL: the password of the user.' }),
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

type KafkaSettings = { [Name in keyof typeof kafkaSettings]: z.infer<(typeof kafkaSettings)[Name]> };

/** What the settings say of the topics, for `ensureTopics`. */
export function topicOptions({
  PARTITIONS,
  TOPIC_RETENTION_BYTES,
}: Pick<KafkaSettings, 'PARTITIONS' | 'TOPIC_RETENTION_BYTES'>): TopicOptions {
  return { partitions: PARTITIONS, retentionBytes: TOPIC_RETENTION_BYTES || undefined };
}

/** How to reach a cluster, and the names of the topics on it. */
export interface KafkaConnection {
  brokers: string[];
  topicPrefix: string;
  tls?: { ca?: string; cert?: string; key?: string };
  sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string };
}

/**
 * The connection that the settings describe, with the files that they name read.
 * @throws CodedError SETTINGS_INVALID
 */
export function kafkaConnection(settings: KafkaSettings): KafkaConnection {
  const { KAFKA_BROKERS: brokers, TOPIC_PREFIX: topicPrefix } = settings;
  const connection: KafkaConnection = { brokers, topicPrefix };
  const files = tlsFiles(settings);
  if (settings.KAFKA_TLS) connection.tls = files;
  else if (Object.keys(files).length > 0) throw invalid('KAFKA_CA_FILE and KAFKA_CERT_FILE need KAFKA_TLS=true');
  const { KAFKA_SASL: mechanism, KAFKA_USER: username, KAFKA_PASSWORD: password } = settings;
  if (mechanism !== 'none') {
    if (username === '' || password === '')
      throw invalid(`KAFKA_SASL=${mechanism} needs KAFKA_USER and KAFKA_PASSWORD`);
    connection.sasl = { mechanism, username, password };
  } else if (username !== '' || password !== '') {
    throw invalid('KAFKA_USER and KAFKA_PASSWORD need KAFKA_SASL');
  }
  return connection;
}

function tlsFiles(settings: KafkaSettings): NonNullable<KafkaConnection['tls']> {
  const ca = readSettingFile('KAFKA_CA_FILE', settings.KAFKA_CA_FILE);
  const cert = readSettingFile('KAFKA_CERT_FILE', settings.KAFKA_CERT_FILE);
  const key = readSettingFile('KAFKA_KEY_FILE', settings.KAFKA_KEY_FILE);
  if ((cert === undefined) !== (key === undefined)) throw invalid('KAFKA_CERT_FILE and KAFKA_KEY_FILE need each other');
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && key !== undefined && { cert, key }) };
}

function invalid(problem: string): CodedError {
  return new CodedError('SETTINGS_INVALID', problem);
}
