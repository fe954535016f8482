import { defaultRules, longestWindow, parseWindows, type Rules } from '@tidemark/domain';
import { CodedError, duration, integer } from '@tidemark/runtime';
import { z } from 'zod';

/** Settings of whatever counts: whose count it is, by which rules, within which bounds. */
export const countingSettings = {
  GROUP_ID: z
    .string()
    .min(1)
    .max(200)
    .default('tidemark-aggregator')
    .describe(
      'The consumer group whose members share the partitions; another group counts for itself, from the start of the log.',
    ),
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
};

export type CountingSettings = { [Name in keyof typeof countingSettings]: z.infer<(typeof countingSettings)[Name]> };

/** The rules that the settings describe. */
export function rulesOf(settings: Omit<CountingSettings, 'GROUP_ID' | 'MAX_TOKENS'>): Rules {
  return {
    latenessMs: settings.LATENESS,
    windows: settings.WINDOWS,
    priceMinUsd: settings.PRICE_MIN_USD,
    maxRecordBytes: settings.MAX_RECORD_BYTES,
  };
}

const hourMs = 3_600_000;

/**
 * A rebuild reads the log again: it must reach back over the longest window and everything that may still come late.
 * @throws CodedError SETTINGS_INVALID
 */
export function requireRetention(rules: Rules, topic: string, retentionMs: number): void {
  const longest = longestWindow(rules);
  const neededMs = longest.lengthMs + rules.latenessMs + hourMs;
  if (neededMs <= retentionMs) return;
  throw new CodedError(
    'SETTINGS_INVALID',
    `WINDOWS (${longest.name}) + LATENESS + 1h = ${neededMs} ms is more than ${topic} keeps, ${retentionMs} ms`,
  );
}
