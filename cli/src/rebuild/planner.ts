import { type CheckpointStore, lastRecordOf, type Serving } from '@tidemark/checkpoint';
import type { Rules } from '@tidemark/domain';
import { type ConsumedRecord, type KafkaClient, recordsAt } from '@tidemark/kafka';
import { type PartitionPlan, planPartition } from './plan.ts';

export interface PlannerOptions {
  client: KafkaClient;
  store: CheckpointStore;
  groupId: string;
  rules: Rules;
  partitionCount: number;
}

/** Looks at the partitions' checkpoints and at the ends of their logs, and plans a rebuild of each. */
export async function planRebuild(
  { client, store, groupId, rules, partitionCount }: PlannerOptions,
  partitions: readonly number[],
): Promise<PartitionPlan[]> {
  const offsets = (await client.offsets('swaps')).filter(({ partition }) => partitions.includes(partition));
  const topic = client.topicName('swaps');
  const hasNeighbours = (await store.generations({ groupId, topic })).size > 0;
  const serving = new Map<number, Serving | null>();
  for (const { partition } of offsets) serving.set(partition, await store.serving({ groupId, topic, partition }));
  const filled = offsets.filter(({ low, high }) => low < high);
  const first = await recordsAt(client, 'swaps', new Map(filled.map(({ partition, low }) => [partition, low])));
  const checkpointed = filled.flatMap(({ partition, low, high }): [number, number][] => {
    const offset = serving.get(partition)?.lastRecord?.offset ?? -1;
    return offset >= low && offset < high ? [[partition, offset]] : [];
  });
  const last = await recordsAt(client, 'swaps', new Map(checkpointed));
  return offsets.map((ends) =>
    planPartition({
      serving: serving.get(ends.partition)!,
      hasNeighbours,
      partitionCount,
      offsets: ends,
      logBeganMs: first.get(ends.partition)?.appendTimeMs ?? null,
      foundAtCheckpoint: orNull(last.get(ends.partition)),
      rules,
      nowMs: Date.now(),
    }),
  );
}

function orNull(record: ConsumedRecord | undefined) {
  return record ? lastRecordOf(record) : null;
}
