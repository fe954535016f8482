import { countingSettings } from '@tidemark/checkpoint';
import { kafkaSettings } from '@tidemark/kafka';
import { ownershipSettings } from '@tidemark/ownership';
import { integer, serviceSettings } from '@tidemark/runtime';
import { postgresSettings } from '@tidemark/store';
import { z } from 'zod';

const { LATENESS, WINDOWS, MAX_RECORD_BYTES, MAX_TOKENS } = countingSettings;

export const schema = z.object({
  ...serviceSettings,
  ...kafkaSettings,
  ...postgresSettings,
  LATENESS,
  WINDOWS,
  MAX_RECORD_BYTES,
  MAX_TOKENS,
  ...ownershipSettings,
  RECORDER_GROUP_ID: z
    .string()
    .min(1)
    .max(200)
    .default('tidemark-recorder')
    .describe('The consumer group of the recorders.'),
  MAX_UNSTORED_SWAPS: integer(20_000, { min: 100, max: 1_000_000 }).describe(
    'Swaps of a partition that may wait in memory to be stored; then reading waits.',
  ),
  SWAP_RETENTION_DAYS: integer(0, { min: 0, max: 100_000 }).describe(
    'Days of event time that swaps are kept for; 0 keeps them for good.',
  ),
});

export type Settings = z.infer<typeof schema>;
