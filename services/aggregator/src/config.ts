import { defaultRules, parseWindows } from '@tidemark/domain';
import { kafkaSettings } from '@tidemark/kafka';
import { duration, integer, serviceSettings } from '@tidemark/runtime';
import { postgresSettings, redisSettings } from '@tidemark/store';
import { z } from 'zod';

export const schema = z.object({
  ...serviceSettings,
  ...kafkaSettings,
  ...postgresSettings,
  ...redisSettings,
  GROUP_ID: z
    .string()
    .min(1)
    .max(200)
    .default('tidemark-aggregator')
    .describe(
      'The consumer group whose members share the partitions; another group counts for itself, from the start of the log.',
    ),
  CLOCK: z
    .enum(['wall', 'event'])
    .default('wall')
    .describe('What moves the read moment: the time of day, or the time stamps of the swaps (for replays of history).'),
  LATENESS: duration('20m', { minMs: 0, maxMs: 86_400_000 }).describe(
    'How far behind the newest swap of its token a swap may be.',
  ),
  WINDOWS: z
    .string()
    .default('5m,1h,24h')
    .transform((text, context) => {
      try {
        return parseWindows(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
        return z.NEVER;
      }
    })
    .describe('The windows that statistics are kept for, up to 7 days each.'),
  PRICE_MIN_USD: z
    .string()
    .regex(/^(0|[1-9]\d{0,14})(\.\d{1,6})?$/, 'expected an amount of dollars such as 1 or 0.5')
    .default(defaultRules.priceMinUsd)
    .describe('The least value of a swap that makes a price; smaller ones count in volumes alone.'),
  MAX_RECORD_BYTES: integer(defaultRules.maxRecordBytes, { min: 1_024, max: 4 * 1_048_576 }).describe(
    'The longest record that is read.',
  ),
  MAX_TOKENS: integer(1_000_000, { min: 1 }).describe(
    'Tokens in memory per partition, beyond which it stops rather than run out of memory.',
  ),
  CHECKPOINT_INTERVAL: duration('1s', { minMs: 50, maxMs: 60_000 }).describe('How often what was counted is stored.'),
  PUBLISH_INTERVAL: duration('20ms', { minMs: 0, maxMs: 1_000 }).describe(
    'The least time between two publications of one token.',
  ),
  SESSION_TIMEOUT: duration('10s', { minMs: 6_000, maxMs: 300_000 }).describe(
    'How long the group waits for a silent member.',
  ),
});

export type Settings = z.infer<typeof schema>;
