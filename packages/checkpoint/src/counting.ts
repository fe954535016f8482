import { CodedError } from '@tidemark/runtime';
import type { Counting, PartitionKey } from './checkpoint.ts';
import { name } from './integrity.ts';

/** @throws CodedError RULES_CHANGED or PARTITION_COUNT_CHANGED */
export function requireSameCounting(key: PartitionKey, stored: Omit<Counting, 'startOffset'>, wanted: Counting): void {
  if (stored.partitionCount !== wanted.partitionCount) {
    throw new CodedError(
      'PARTITION_COUNT_CHANGED',
      `${name(key)} was counted over ${stored.partitionCount} partitions, the topic has ${wanted.partitionCount}`,
    );
  }
  if (stored.rulesHash !== wanted.rulesHash) {
    throw new CodedError(
      'RULES_CHANGED',
      `${name(key)} was counted by other rules (LATENESS, WINDOWS, PRICE_MIN_USD): put them back, or choose another GROUP_ID`,
    );
  }
}
