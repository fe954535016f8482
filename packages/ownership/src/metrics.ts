import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { OwnedLog } from './owned-log.ts';

const tokenWarningShare = 0.8;

export type OwnershipMetrics = ReturnType<typeof createOwnershipMetrics>;

/** A gauge of each partition, read when it is asked for. */
export function perPartition<P extends OwnedLog>(
  registers: Registry[],
  partitions: () => Iterable<P>,
  name: string,
  help: string,
  value: (owned: P) => number,
): Gauge {
  return new Gauge({
    name: `tidemark_partition_${name}`,
    help,
    labelNames: ['partition'],
    registers,
    collect() {
      this.reset();
      for (const owned of partitions()) this.set({ partition: owned.partition }, value(owned));
    },
  });
}

/** What every service measures that owns partitions. */
export function createOwnershipMetrics(registers: Registry[], partitions: () => Iterable<OwnedLog>, maxTokens: number) {
  const gauge = (name: string, help: string, value: (owned: OwnedLog) => number) =>
    perPartition(registers, partitions, name, help, value);
  gauge('next_offset', 'The offset that is applied next.', (owned) => owned.nextOffset);
  gauge('lag_records', 'Records between the next offset and the end of the log.', (owned) => owned.lag);
  gauge('tokens', 'Tokens in memory.', (owned) => owned.state.tokenCount);
  gauge('near_token_limit', '1 when over 80 % of MAX_TOKENS are in memory.', (owned) =>
    owned.state.tokenCount > tokenWarningShare * maxTokens ? 1 : 0,
  );
  gauge('counted_total', 'Records accepted in this generation.', (owned) => owned.state.counters.counted);
  gauge('duplicate_total', 'Duplicates in this generation.', (owned) => owned.state.counters.duplicate);
  gauge('late_total', 'Late records in this generation.', (owned) => owned.state.counters.late);
  return {
    applied: new Counter({
      name: 'tidemark_records_applied_total',
      help: 'Records applied by this process.',
      registers,
    }),
    assigned: new Counter({
      name: 'tidemark_partitions_assigned_total',
      help: 'Partitions that came with a rebalance: restored from the checkpoint, or kept in memory.',
      labelNames: ['how'],
      registers,
    }),
    joinSeconds: new Histogram({
      name: 'tidemark_group_join_seconds',
      help: 'From when a rebalance of the group was known to when it gave this member its partitions.',
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30],
      registers,
    }),
    restoreSeconds: new Histogram({
      name: 'tidemark_restore_seconds',
      help: 'From the assignment of a partition to its first record, by whether its memory was kept or restored.',
      labelNames: ['how'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30],
      registers,
    }),
    checkpointSeconds: new Histogram({
      name: 'tidemark_checkpoint_seconds',
      help: 'Storing one checkpoint.',
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
      registers,
    }),
    checkpointBytes: new Counter({
      name: 'tidemark_checkpoint_bytes_total',
      help: 'Bytes of deltas and bases stored.',
      labelNames: ['kind'],
      registers,
    }),
    refused: new Gauge({
      name: 'tidemark_partitions_refused',
      help: 'Partitions that stand still, by code; see the log.',
      labelNames: ['partition', 'code'],
      registers,
    }),
  };
}
