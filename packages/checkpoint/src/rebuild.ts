import type { CandleChange, TokenChange } from '@tidemark/domain';
import type { Counting, LastRecord, PartitionKey, StoredShard } from './checkpoint.ts';

/** What is known before a rebuild begins. */
export interface RebuildPlan extends Counting {
  /** The generation that serves now, 0 when there is none: another one since the plan was made is refused. */
  supersedes: number;
  /** Candles of minutes before this one are left to the generations that have them, in ms. */
  candlesFromMs: number;
  /** Who rebuilds, for people. */
  worker: string;
}

export interface RebuildProgress {
  nextOffset: number;
  /** Where the log ended when it was last looked at. */
  endOffset: number;
}

/** The state of the whole partition at one offset. */
export interface RebuiltHead {
  nextOffset: number;
  /** As in `Checkpoint`. */
  head: unknown;
  lastRecord: LastRecord | null;
}

/**
 * A generation of a partition that is counted beside the one that serves. Nobody reads it before `switchOver`, which fences whoever
 * owned the partition. Every call is FENCED once another rebuild of the partition has begun.
 */
export interface Rebuild {
  readonly key: PartitionKey;
  readonly generation: number;
  /** Stores candles and tokens as they come; also the sign of life that `status` shows. */
  write(progress: RebuildProgress, changes: { candles: CandleChange[]; tokens: TokenChange[] }): Promise<void>;
  /** Stores shards of the state as they are at the offset that `switchOver` names. */
  writeShards(codec: number, shards: StoredShard[]): Promise<void>;
  /**
   * In one transaction: this generation serves, under a higher epoch and an owner that nobody is; earlier state goes.
   * @throws CodedError FENCED also when somebody has begun to count a partition that nobody had counted.
   */
  switchOver(rebuilt: RebuiltHead): Promise<void>;
  /** Gives the partition free for other rebuilds, and removes what was written unless it serves. */
  close(): Promise<void>;
}

export interface RebuildStore {
  /**
   * Begins the next generation, above any that a token of the partition can come from. What an earlier rebuild left is removed.
   * @throws CodedError REBUILD_RUNNING when another process rebuilds the partition, or has since the plan was made, or rebuilds any
   * over another number of partitions.
   */
  beginRebuild(key: PartitionKey, plan: RebuildPlan): Promise<Rebuild>;
}
