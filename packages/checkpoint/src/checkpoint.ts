import type { CandleChange, RecordedSwap, TokenChange } from '@tidemark/domain';

/** Whose count of which part of the log. */
export interface PartitionKey {
  groupId: string;
  topic: string;
  partition: number;
}

/** What a partition is counted by; a checkpoint made by other rules is refused. */
export interface Counting {
  rulesHash: string;
  partitionCount: number;
  /** Where a first generation begins: the first retained offset. */
  startOffset: number;
  /** Tells the topic from another one of its name; null where the brokers have no ids. */
  topicId?: string | null;
}

/** The right to move a partition's offset, until somebody else owns it. */
export interface Ownership {
  key: PartitionKey;
  generation: number;
  epoch: number;
  /** Random, new with each `own`. */
  owner: string;
  /** Candles of earlier generations are inherited for the minutes before this one, in ms. */
  candlesFromMs: number;
  /** Of the topic that was counted, or is to be, where nothing was; null when that is not known. */
  topicId: string | null;
}

/** What a partition's row says of the generation that serves. */
export interface Serving {
  generation: number;
  epoch: number;
  /** Where the generation began to count; null when that is not known. */
  startOffset: number | null;
  nextOffset: number;
  candlesFromMs: number;
  lastRecord: LastRecord | null;
  rulesHash: string;
  partitionCount: number;
}

/** What the store says of an ownership. */
export interface Standing {
  isOwner: boolean;
  /** Of whoever owns the partition now; null when nobody ever did. */
  epoch: number | null;
}

/** The last record that was counted; tells whether the log is still the same one. */
export interface LastRecord {
  offset: number;
  appendTimeMs: number;
  /** SHA-256 over key and value, hex. */
  hash: string;
}

/** What moves a partition from one offset to the next. */
export interface Checkpoint {
  /** Equal to `to` when only the passing of time changed something; then the delta is empty. */
  from: number;
  to: number;
  codec: number;
  /** What was applied in between. */
  delta: Uint8Array;
  /** Of the partition as a whole, at `to`; JSON. */
  head: unknown;
  lastRecord: LastRecord | null;
  /** Shards of the state, each as it was at its own offset: `to`, or where an earlier checkpoint ended. */
  shards: StoredShard[];
  /** Deltas up to this offset are in every base by now, and may go. */
  replayFrom: number;
  candles: CandleChange[];
  tokens: TokenChange[];
  /** Accepted swaps that a service keeps, in the order of the log. */
  swaps?: readonly RecordedSwap[];
}

export interface StoredShard {
  shard: number;
  atOffset: number;
  bytes: Uint8Array;
}

export interface StoredDelta {
  from: number;
  to: number;
  bytes: Uint8Array;
}

/** All that a partition's state is made of, read in one snapshot and verified. */
export interface StoredState {
  /** Where the deltas begin; shards without a base are empty there. */
  replayFrom: number;
  nextOffset: number;
  head: unknown;
  lastRecord: LastRecord | null;
  shards: StoredShard[];
  /** In the order of the log, without gap or overlap, up to `nextOffset`. */
  deltas: StoredDelta[];
}

/**
 * Owns what was counted. Every implementation passes the conformance suite in `conformance.ts`.
 *
 * Errors: FENCED (another owner since: a FencedError), COMMIT_UNKNOWN (may or may not be stored: drop the memory, own, restore),
 * RULES_CHANGED, PARTITION_COUNT_CHANGED, CHECKPOINT_CORRUPT, CODEC_UNKNOWN. Any other error means that nothing was stored.
 */
export interface CheckpointStore {
  /** Takes the partition over from whoever had it: a higher epoch, a new owner. Creates the first generation. */
  own(key: PartitionKey, counting: Counting): Promise<Ownership>;
  /** Whether somebody else took over meanwhile: one look for all of them, answered in their order. */
  standings(ownerships: readonly Ownership[]): Promise<Standing[]>;
  /** A higher epoch for the same owner; its memory stays valid. */
  raiseEpoch(ownership: Ownership): Promise<Ownership>;
  restore(ownership: Ownership, codecs: readonly number[]): Promise<StoredState>;
  commit(ownership: Ownership, checkpoint: Checkpoint): Promise<void>;
  /** The generation that serves; null for a partition that was never counted. */
  serving(key: PartitionKey): Promise<Serving | null>;
  /** The generations that serve, by partition. */
  generations(of: Omit<PartitionKey, 'partition'>): Promise<Map<number, number>>;
  /** Every token of the partition that any generation has counted. */
  knownTokens(key: PartitionKey, partitionCount: number): Promise<string[]>;
}
