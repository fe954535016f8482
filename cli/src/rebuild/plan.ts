import { firstMinuteAfter, isSameRecord, type LastRecord, type Serving } from '@tidemark/checkpoint';
import { FUTURE_TOLERANCE_MS, type Rules } from '@tidemark/domain';
import type { PartitionOffsets } from '@tidemark/kafka';

/** What a rebuild of a partition reads, replaces and cannot get back. Times in ms. */
export interface PartitionPlan {
  partition: number;
  /** The generation that serves; 0 for a partition that was never counted. */
  supersedes: number;
  fromOffset: number;
  endOffset: number;
  /** The append time of the first retained record; null in an empty log. */
  logBeganMs: number | null;
  /** Candles of earlier minutes stay as they are. */
  candlesFromMs: number;
  /** Why the log does not hold all that was counted; null when it does. */
  loss: 'log begins later' | 'other partition count' | null;
  /** Windows that reach back further than what is there, with the moment at which it will hold all of them. */
  incomplete: { window: string; untilMs: number }[];
}

export interface PlanSources {
  serving: Serving | null;
  /** Whether any partition of the topic was counted. */
  hasNeighbours: boolean;
  /** The partitions that the topic has now. */
  partitionCount: number;
  offsets: PartitionOffsets;
  /** The first retained record's append time; null in an empty log. */
  logBeganMs: number | null;
  /** What the log holds where the checkpoint ends; null where it holds nothing. */
  foundAtCheckpoint: LastRecord | null;
  rules: Rules;
  nowMs: number;
}

/** Works out what a rebuild would do. */
export function planPartition(sources: PlanSources): PartitionPlan {
  const { serving, offsets, logBeganMs, rules, nowMs } = sources;
  const { partition, low, high } = offsets;
  const loss = lossOf(sources);
  // Of a token that comes from another partition, this one holds at most what was appended since.
  const heldFromMs = loss === 'other partition count' ? nowMs : (logBeganMs ?? nowMs);
  return {
    partition,
    supersedes: serving?.generation ?? 0,
    fromOffset: low,
    endOffset: high,
    logBeganMs,
    // No swap of a missing record is stamped later, so of every later minute all is there, and is judged as it was.
    candlesFromMs: loss === null ? (serving?.candlesFromMs ?? 0) : firstMinuteAfter(heldFromMs),
    loss,
    incomplete: loss === null ? [] : incompleteWindows(rules, heldFromMs, nowMs),
  };
}

function lossOf({
  serving,
  hasNeighbours,
  partitionCount,
  offsets,
  foundAtCheckpoint,
}: PlanSources): PartitionPlan['loss'] {
  if (serving === null ? hasNeighbours : serving.partitionCount !== partitionCount) return 'other partition count';
  const { lastRecord = null, startOffset = 0 } = serving ?? {};
  const isSameLog = lastRecord === null || (foundAtCheckpoint !== null && isSameRecord(foundAtCheckpoint, lastRecord));
  return isSameLog && offsets.low <= (startOffset ?? 0) ? null : 'log begins later';
}

function incompleteWindows({ windows }: Rules, heldFromMs: number, nowMs: number): PartitionPlan['incomplete'] {
  return windows
    .map(({ name, lengthMs, resolutionMs }) => ({
      window: name,
      untilMs: heldFromMs + FUTURE_TOLERANCE_MS + lengthMs + resolutionMs,
    }))
    .filter(({ untilMs }) => untilMs > nowMs);
}
