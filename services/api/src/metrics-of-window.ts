import type { WindowStatistics } from '@tidemark/domain';

/** The figures of a window, in the order in which answers have them. */
export const windowMetrics = [
  'trades',
  'buys',
  'sells',
  'volumeUsd',
  'buyUsd',
  'sellUsd',
  'volume',
  'buyVolume',
  'sellVolume',
  'traders',
  'buyers',
  'sellers',
  'open',
  'high',
  'low',
  'close',
  'vwap',
  'change',
] as const satisfies readonly (keyof WindowStatistics)[];

/** What a ranking can be sorted and filtered by: a figure of the chosen window, or the token's price. */
export const rankingFields = [...windowMetrics, 'price'] as const;

export type RankingField = (typeof rankingFields)[number];
