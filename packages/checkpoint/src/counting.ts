import { FUTURE_TOLERANCE_MS } from '@tidemark/domain';
import { CodedError } from '@tidemark/runtime';
import type { Counting, PartitionKey } from './checkpoint.ts';
import { name } from './integrity.ts';

/** @throws CodedError RULES_CHANGED or PARTITION_COUNT_CHANGED */
export function requireSameCounting(key: PartitionKey, stored: Omit<Counting, 'startOffset'>, wanted: Counting): void {
  if (stored.partitionCount !== wanted.partitionCount) throw partitionCountChanged(key, stored.partitionCount, wanted);
  if (stored.rulesHash !== wanted.rulesHash) {
    throw new CodedError(
      'RULES_CHANGED',
      `${name(key)} was counted by other rules (LATENESS, WINDOWS, PRICE_MIN_USD): put them back, or rebuild it by these`,
    );
  }
}

export function partitionCountChanged(key: PartitionKey, stored: number, wanted: Counting): CodedError {
  return new CodedError(
    'PARTITION_COUNT_CHANGED',
    `${name(key)} was counted over ${stored} partitions, the topic has ${wanted.partitionCount}`,
  );
}

const minuteMs = 60_000;

/** The first minute that no swap is stamped in, or after, whose record was appended before the moment, in ms. */
export function firstMinuteAfter(appendTimeMs: number): number {
  return Math.ceil((appendTimeMs + FUTURE_TOLERANCE_MS) / minuteMs) * minuteMs;
}
