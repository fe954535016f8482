import { countingSettings } from '@tidemark/checkpoint';
import { kafkaSettings } from '@tidemark/kafka';
import { duration, serviceSettings } from '@tidemark/runtime';
import { postgresSettings, redisSettings } from '@tidemark/store';
import { z } from 'zod';

export const schema = z.object({
  ...serviceSettings,
  ...kafkaSettings,
  ...postgresSettings,
  ...redisSettings,
  ...countingSettings,
  CLOCK: z
    .enum(['wall', 'event'])
    .default('wall')
    .describe('What moves the read moment: the time of day, or the time stamps of the swaps (for replays of history).'),
  CHECKPOINT_INTERVAL: duration('1s', { minMs: 50, maxMs: 60_000 }).describe('How often what was counted is stored.'),
  PUBLISH_INTERVAL: duration('20ms', { minMs: 0, maxMs: 1_000 }).describe(
    'The least time between two publications of one token.',
  ),
  STUCK_AFTER: duration('1m', { minMs: 10_000, maxMs: 3_600_000 }).describe(
    'How long a partition may lag without progress before the process ends, to be started again; twice SESSION_TIMEOUT at least.',
  ),
  SESSION_TIMEOUT: duration('10s', { minMs: 6_000, maxMs: 300_000 }).describe(
    'How long the group waits for a silent member.',
  ),
});

export type Settings = z.infer<typeof schema>;
