import { kafkaSettings } from '@tidemark/kafka';
import { duration, integer, serviceSettings } from '@tidemark/runtime';
import { z } from 'zod';

/** A number above 0 such as `50` or `0.5`. */
function positive(byDefault: string, max: number) {
  return z
    .string()
    .default(byDefault)
    .transform((text, context) => {
      const value = decimal(text);
      if (value > 0 && value <= max) return value;
      context.addIssue({ code: 'custom', message: `expected a number above 0 and up to ${max}` });
      return z.NEVER;
    });
}

/** A share from 0 to 1. */
function share(byDefault: string, max = 1) {
  return z
    .string()
    .default(byDefault)
    .transform((text, context) => {
      const value = decimal(text);
      if (value >= 0 && value <= max) return value;
      context.addIssue({ code: 'custom', message: `expected a number from 0 to ${max}` });
      return z.NEVER;
    });
}

function decimal(text: string): number {
  return /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
}

const path = z.string().default('');

/** How many times faster than it was recorded, or as fast as Kafka takes it. */
const speed = z
  .string()
  .default('1')
  .transform((text, context) => {
    if (text === 'max') return text;
    const value = decimal(text);
    if (value > 0) return value;
    context.addIssue({ code: 'custom', message: 'expected max, or a number above 0 such as 1 or 60' });
    return z.NEVER;
  });

export const producerSettings = z
  .object({
    ...serviceSettings,
    ...kafkaSettings,
    SOURCE: z.enum(['simulate', 'replay']).default('simulate').describe('Where the swaps come from.'),
    STATE_DIR: z
      .string()
      .default('.tidemark/producer')
      .describe('Where positions in recordings, their run ids and the prices of the simulated market are kept.'),
    LATENESS: duration('20m').describe(
      'As the aggregator has it: what the simulator takes for late, and when a recording is too far behind the topic.',
    ),
    CLOCK: z
      .enum(['wall', 'event'])
      .optional()
      .describe('The clock that the aggregator reads its windows by, so that a replay that needs another is refused.'),

    RATE: positive('50', 1_000_000).describe('Simulator: records a second.'),
    TOKENS: integer(200, { min: 1, max: 1_000_000 }).describe('Simulator: how many tokens are traded.'),
    TRADERS: integer(5_000, { min: 1, max: 1_000_000 }).describe('Simulator: how many addresses trade.'),
    ZIPF: share('1', 10).describe(
      'Simulator: the token of rank n trades in proportion to 1 / n^ZIPF; 0 makes all equal.',
    ),
    MARKET: z
      .string()
      .default('tidemark')
      .describe('Simulator: the seed of the tokens, the traders and the first prices, the same on every machine.'),
    SEED: z
      .string()
      .default('')
      .describe('Simulator: the seed of the trades; a random one, which is logged, by default.'),
    DUPLICATE_SHARE: share('0.01').describe('Simulator: the share of swaps that are sent twice.'),
    REORDER_SHARE: share('0.02').describe(
      'Simulator: the share stamped before swaps already sent, inside the lateness.',
    ),
    LATE_SHARE: share('0.0005').describe(
      'Simulator: the share stamped longer ago than the lateness; they are rejected.',
    ),
    PENDING_SHARE: share('0.02').describe('Simulator: the share sent as pending first and confirmed later.'),
    REVERTED_SHARE: share('0.002').describe('Simulator: the share taken back after they were confirmed.'),

    REPLAY_FILE: path.describe('Replay: the recording; JSON lines of swaps, or a CSV of raw EVM logs.'),
    POOL_FILE: path.describe('Replay: the pools of a CSV of raw logs; those of the repository by default.'),
    RETIME: z
      .enum(['now', 'keep'])
      .default('now')
      .describe('Replay: `now` shifts the times as if it were live; `keep` leaves them, for CLOCK=event.'),
    SPEED: speed.describe('Replay: how many times faster than it was recorded, or `max`.'),
  })
  .superRefine((settings, context) => {
    const problem = (setting: string, message: string) =>
      context.addIssue({ code: 'custom', path: [setting], message });
    if (settings.SOURCE !== 'replay') return;
    if (settings.REPLAY_FILE === '') problem('REPLAY_FILE', 'name the recording to replay (SOURCE=replay)');
    if (settings.RETIME === 'keep' && settings.CLOCK === 'wall') {
      problem('RETIME', 'RETIME=keep needs CLOCK=event: by the wall clock old swaps are in no window');
    }
  });

export type ProducerSettings = z.infer<typeof producerSettings>;
