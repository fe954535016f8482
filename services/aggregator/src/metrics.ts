import { createOwnershipMetrics, perPartition } from '@tidemark/ownership';
import { Counter, type Registry } from 'prom-client';
import type { OwnedPartition } from './owned-partition.ts';

export type AggregatorMetrics = ReturnType<typeof createMetrics>;

/** The aggregator's metrics; what is per partition is read when it is asked for. */
export function createMetrics(registers: Registry[], partitions: () => Iterable<OwnedPartition>, maxTokens: number) {
  perPartition(registers, partitions, 'publish_due', 'Tokens that wait to be published.', (owned) => owned.queue.due);
  return {
    ...createOwnershipMetrics(registers, partitions, maxTokens),
    rejected: new Counter({
      name: 'tidemark_records_rejected_total',
      help: 'Records sent to swaps.dead, by code.',
      labelNames: ['code'],
      registers,
    }),
    published: new Counter({
      name: 'tidemark_values_published_total',
      help: 'Values sent to stats and Redis.',
      registers,
    }),
  };
}
