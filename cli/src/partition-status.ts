import type { PartitionOffsets } from '@tidemark/kafka';
import type { StoredPartition } from '@tidemark/store';
import { type Heartbeat, staleAfterMs } from '@tidemark/wire';

/** One partition of `swaps`, from what the owner reports, what is stored and what the log holds. Unknown is null. */
export interface PartitionStatusLine {
  topic: string;
  partition: number;
  /** The instance that reported within the last seconds; null when nobody counts the partition. */
  owner: string | null;
  generation: number | null;
  epoch: number | null;
  nextOffset: number | null;
  /** Records in the log that are not counted yet. */
  lag: number | null;
  /** The greatest time stamp that was accepted, in ms. */
  watermark: number | null;
  checkpointAgeMs: number | null;
  counted: number | null;
  late: number | null;
  rejected: number | null;
}

export interface PartitionSources {
  topic: string;
  partition: number;
  heartbeat: Heartbeat | null;
  stored: StoredPartition | undefined;
  offsets: PartitionOffsets | undefined;
  nowMs: number;
}

/** The owner's report while it is fresh, and what was stored last otherwise. */
export function partitionStatus(sources: PartitionSources): PartitionStatusLine {
  const { topic, partition, heartbeat, stored, offsets, nowMs } = sources;
  const isFresh = heartbeat !== null && nowMs - heartbeat.reportedAt <= staleAfterMs;
  const status = heartbeat?.status;
  const nextOffset = (isFresh ? status?.nextOffset : stored?.nextOffset) ?? null;
  return {
    topic,
    partition,
    owner: isFresh ? heartbeat.status.owner : null,
    generation: stored?.generation ?? heartbeat?.version[0] ?? null,
    epoch: stored?.epoch ?? status?.epoch ?? null,
    nextOffset,
    lag: nextOffset === null || offsets === undefined ? null : Math.max(0, offsets.high - nextOffset),
    watermark: status?.watermark ?? null,
    checkpointAgeMs: stored?.checkpointAgeMs ?? null,
    counted: status?.counted ?? null,
    late: status?.late ?? null,
    rejected: status?.rejected ?? null,
  };
}
