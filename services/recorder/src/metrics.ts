import { createOwnershipMetrics, perPartition } from '@tidemark/ownership';
import { Counter, type Registry } from 'prom-client';
import type { RecordedPartition } from './recorded-partition.ts';

/** The recorder's metrics; what is per partition is read when it is asked for. */
export function createMetrics(registers: Registry[], partitions: () => Iterable<RecordedPartition>, maxTokens: number) {
  perPartition(registers, partitions, 'unstored_swaps', 'Swaps that wait to be stored.', (owned) => owned.unstored);
  return {
    ...createOwnershipMetrics(registers, partitions, maxTokens),
    skipped: new Counter({
      name: 'tidemark_records_skipped_total',
      help: 'Rejected records, which the aggregator sends to swaps.dead, by code.',
      labelNames: ['code'],
      registers,
    }),
  };
}
