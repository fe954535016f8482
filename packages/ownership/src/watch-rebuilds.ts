import type { CheckpointStore, PartitionKey } from '@tidemark/checkpoint';
import type { Logger } from '@tidemark/runtime';
import type { OwnedLog } from './owned-log.ts';

export interface WatchRebuildsOptions<P extends OwnedLog> {
  store: CheckpointStore;
  key: Omit<PartitionKey, 'partition'>;
  owned: () => Iterable<P>;
  standstills: () => Iterable<{ partition: number; generation: number }>;
  log: Logger;
  /** Another generation serves than the one in memory: a partition without swaps would not learn it from its checkpoints. */
  onSuperseded(owned: P): void;
  /** Another generation serves than the one that could not be gone on with. */
  onRebuilt(partition: number): void;
}

const intervalMs = 2_000;

/** Looks now and then whether partitions were rebuilt, so that the new generations are taken up without a restart. */
export function watchRebuilds<P extends OwnedLog>(options: WatchRebuildsOptions<P>): { stop(): void } {
  const { store, key, owned, standstills, log, onSuperseded, onRebuilt } = options;
  let looking = false;
  const look = async () => {
    const generations = await store.generations(key);
    const isHigher = (partition: number, generation: number) => (generations.get(partition) ?? 0) > generation;
    for (const one of owned()) {
      if (!isHigher(one.partition, one.ownership.generation)) continue;
      log.info({ partition: one.partition }, 'the partition was rebuilt');
      onSuperseded(one);
    }
    for (const { partition, generation } of standstills()) {
      if (!isHigher(partition, generation)) continue;
      log.info({ partition }, 'the partition that stands still was rebuilt');
      onRebuilt(partition);
    }
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      .catch((error: Error) => log.debug({ error }, 'the generations that serve are not known'))
      .finally(() => {
        looking = false;
      });
  }, intervalMs);
  return { stop: () => clearInterval(timer) };
}
