import { serviceStates } from '@tidemark/runtime';
import { z } from 'zod';
import { decimalPattern } from './decimals.ts';
import { type RankingField, rankingFields } from './metrics-of-window.ts';

/** Shapes of requests and answers: validation, types and OpenAPI come from here. */

const count = z.int().min(0);
const decimal = z.string().describe('A decimal without exponent.');
const price = decimal.nullable();
const timeMs = z.int().describe('Milliseconds since the epoch, UTC.');

export const maxTokensPerRequest = 100;
export const maxRankingLimit = 500;

export const windowStatistics = z.object({
  trades: count,
  buys: count,
  sells: count,
  volumeUsd: decimal,
  buyUsd: decimal,
  sellUsd: decimal,
  volume: decimal,
  buyVolume: decimal,
  sellVolume: decimal,
  traders: count,
  buyers: count,
  sellers: count,
  open: price,
  high: price,
  low: price,
  close: price,
  vwap: price,
  change: price.describe('close / open - 1.'),
});

const version = z
  .tuple([z.int(), z.int(), z.int(), z.int()])
  .readonly()
  .describe('[generation, next offset, epoch, t], compared left to right: the greater is the newer.');

export const tokenStatistics = z.object({
  token: z.string(),
  symbol: z.string().nullable(),
  name: z.string().nullable(),
  version: version.nullable(),
  asOf: timeMs.nullable().describe('The moment that the figures are of, ms UTC.'),
  stale: z.boolean().describe('True when nobody has vouched for the figures in the last 3 seconds.'),
  price: price.describe('The close of the longest window.'),
  windows: z.record(z.string(), windowStatistics),
});

export const manyStatistics = z.object({
  tokens: z.array(tokenStatistics),
  missing: z.array(z.string()).describe('Tokens of which no swap was ever counted.'),
});

const rankedToken = tokenStatistics.omit({ stale: true });

export const rankingPage = z.object({
  window: z.string(),
  asOf: timeMs.nullable().describe('Every figure is at least as recent as this moment, ms UTC.'),
  ageMs: z.int().nullable().describe('Since the figures were last vouched for.'),
  stale: z.boolean(),
  items: z.array(rankedToken),
  nextCursor: z.string().nullable().describe('Give it as `cursor` for the next page; null on the last page.'),
});

const partitionStatus = z.object({
  topic: z.string(),
  partition: z.int(),
  nextOffset: z.int().nullable(),
  lag: z.int().nullable().describe('Null when the report is older than 3 seconds.'),
  watermark: timeMs.nullable(),
  t: timeMs.nullable(),
  counted: z.int().nullable(),
  duplicate: z.int().nullable(),
  late: z.int().nullable(),
  rejected: z.int().nullable(),
  owner: z.string().nullable(),
  epoch: z.int().nullable(),
  checkpointAgeMs: z.int().nullable(),
  reportedAt: timeMs.nullable(),
});

export const status = z.object({ partitions: z.array(partitionStatus) });

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  requestId: z.string(),
});

const state = z.enum(serviceStates);
export const health = z.object({ status: z.enum(['ok', 'stuck']), state });
export const readiness = z.object({ status: z.enum(['ready', 'waiting']), state, waitingFor: z.array(z.string()) });

export const noQuery = z.strictObject({});
export const tokenParams = z.object({ token: z.string().describe('For example `1:0xc02a...6cc2`.') });
export const tokensQuery = z.strictObject({
  tokens: z.string().describe(`Up to ${maxTokensPerRequest} tokens, separated by commas.`),
});

type BoundKey = `${'min' | 'max'}.${RankingField}`;

const bound = z.string().regex(decimalPattern, 'expected a decimal without exponent').optional();
const bounds = Object.fromEntries(
  rankingFields.flatMap((field) => [
    [`min.${field}`, bound.describe(`Only tokens whose ${field} is at least this.`)],
    [`max.${field}`, bound.describe(`Only tokens whose ${field} is at most this.`)],
  ]),
) as Record<BoundKey, typeof bound>;

export const rankingQuery = z
  .strictObject({
    window: z.string().optional().describe('The longest window by default.'),
    sort: z.enum(rankingFields).default('volumeUsd'),
    order: z.enum(['asc', 'desc']).default('desc'),
    limit: z.coerce.number().pipe(z.int().min(1).max(maxRankingLimit)).default(50),
    cursor: z.string().max(1_000).optional().describe('`nextCursor` of the page before.'),
    q: z.string().max(128).optional().describe('A prefix of the symbol, the name or the token; case does not matter.'),
  })
  .extend(bounds);
