import { kafkaSettings } from '@tidemark/kafka';
import { duration, integer, port, serviceSettings } from '@tidemark/runtime';
import { redisSettings } from '@tidemark/store';
import { z } from 'zod';

export const schema = z.object({
  ...serviceSettings,
  ...kafkaSettings,
  ...redisSettings,
  GATEWAY_PORT: port(8081).describe('The public port; 0 takes a free one.'),
  HEARTBEAT_INTERVAL: duration('15s', { minMs: 100, maxMs: 300_000 }).describe(
    'How often a client is pinged; one that has not answered by the next ping is dropped.',
  ),
  MAX_CONNECTIONS: integer(10_000, { min: 1 }).describe('Clients at a time.'),
  MAX_CONNECTIONS_PER_ADDRESS: integer(1_000, { min: 1 }).describe('Clients at a time from one address.'),
  MAX_SUBSCRIPTIONS: integer(1_000, { min: 1 }).describe('Tokens that one client can name; `*` counts as one.'),
  MAX_MESSAGE_BYTES: integer(4_096, { min: 128, max: 1_048_576 }).describe('The longest message of a client.'),
  MAX_MESSAGES_PER_SECOND: integer(20, { min: 1 }).describe('Messages and pings of one client.'),
  MAX_BUFFERED_BYTES: integer(262_144, { min: 16_384 }).describe(
    'What may wait in the buffer of one client; beyond, it gets only the newest value of each token.',
  ),
  MAX_PENDING_TOKENS: integer(100_000, { min: 1 }).describe(
    'Tokens whose newest value one client may still be owed; beyond, it is disconnected as too slow.',
  ),
  SLOW_CLIENT_GRACE: duration('10s', { minMs: 100 }).describe(
    'How long the buffer of a client may stay full before it is disconnected as too slow.',
  ),
  MAX_FORGOTTEN_TOKENS: integer(100_000, { min: 0 }).describe(
    'Tokens without trades that are remembered for clients which resume.',
  ),
  DRAIN_SPREAD: duration('2s', { maxMs: 60_000 }).describe('Over how long the disconnections are spread at stop.'),
});

export type Settings = z.infer<typeof schema>;
