import { countingSettings } from '@tidemark/checkpoint';
import { kafkaSettings } from '@tidemark/kafka';
import { ownershipSettings } from '@tidemark/ownership';
import { duration, serviceSettings } from '@tidemark/runtime';
import { postgresSettings, redisSettings } from '@tidemark/store';
import { z } from 'zod';

export const schema = z.object({
  ...serviceSettings,
  ...kafkaSettings,
  ...postgresSettings,
  ...redisSettings,
  ...countingSettings,
  ...ownershipSettings,
  CLOCK: z
    .enum(['wall', 'event'])
    .default('wall')
    .describe('What moves the read moment: the time of day, or the time stamps of the swaps (for replays of history).'),
  PUBLISH_INTERVAL: duration('20ms', { minMs: 0, maxMs: 1_000 }).describe(
    'The least time between two publications of one token.',
  ),
});

export type Settings = z.infer<typeof schema>;
