import type { LetterFilter } from '../../dead/filter.ts';

/** The filters as commander gives them. */
export interface FilterOptions {
  code?: string;
  topic?: string;
  partition?: number;
  since?: number;
}

export function filterOf({ code, topic, partition, since }: FilterOptions): LetterFilter {
  return { code, topic, partition, sinceMs: since };
}
