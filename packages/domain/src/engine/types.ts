import type { Rejection } from '../rejections.ts';
import type { Rules } from '../rules.ts';
import type { TokenStatistics } from '../statistics.ts';
import type { Swap } from '../swap.ts';

/** A record of `swaps` as Kafka holds it. */
export interface LogRecord {
  readonly offset: number;
  /** The broker's append time, ms. */
  readonly appendTimeMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** The record stands for a whole batch that cannot be decoded, at its last offset; the value is the batch's bytes. */
  readonly unreadable?: { readonly firstOffset: number; readonly reason: string };
}

export type Outcome =
  | { readonly kind: 'accepted'; readonly token: string }
  | { readonly kind: 'duplicate'; readonly token: string }
  | ({ readonly kind: 'rejected' } & Rejection);

/** Records applied in this generation. Each is in one of the four: `late` (code LATE) is not part of `rejected`. */
export interface Counters {
  /** Accepted, of whatever status. */
  counted: number;
  duplicate: number;
  late: number;
  rejected: number;
}

export interface EngineOptions {
  readonly rules: Rules;
  readonly partition: number;
  readonly partitionCount: number;
  /** Default 1,000,000. */
  readonly maxTokens?: number;
  /** In how many shards a base is written; default 256. Part of the shards' meaning: a base is read with the same count. */
  readonly shardCount?: number;
}

/** What a checkpoint needs beside shards and journals: plain JSON. */
export interface Head {
  /** Wpartition, null before the first record that passed. */
  readonly watermarkMs: number | null;
  readonly counters: Counters;
}

/** A whole minute of a token as it stands. `removed`: every trade of it was reverted, the row goes. */
export type CandleChange =
  | {
      readonly token: string;
      readonly minuteMs: number;
      readonly open: string | null;
      readonly high: string | null;
      readonly low: string | null;
      readonly close: string | null;
      readonly volumeUsd: string;
      readonly volume: string;
      readonly trades: number;
      /** The end of the minute is late: nothing will change it any more. */
      readonly final: boolean;
    }
  | { readonly token: string; readonly minuteMs: number; readonly removed: true };

/** A token that is new, carries another label, was seen an hour later than last told, or left memory. */
export interface TokenChange {
  readonly token: string;
  readonly symbol: string | null;
  readonly name: string | null;
  /** Least and greatest event time since the token came into memory. */
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/** Everything that changed since the last cut. */
export interface Cut {
  readonly journal: Uint8Array;
  readonly head: Head;
  readonly candles: CandleChange[];
  readonly tokens: TokenChange[];
}

/** A shard that is encoded in slices. */
export interface ShardEncoding {
  /** Goes on for as long as there is time, by a little at least; answers with the bytes once it is whole. */
  step(hasTime: () => boolean): Uint8Array | undefined;
}

/** What the log of one partition says, in shards of tokens, as checkpoints hold it. */
export interface LogState {
  /** Wpartition: the greatest timestamp of a record that passed the checks up to lateness. */
  readonly watermarkMs: number | null;
  readonly counters: Readonly<Counters>;
  readonly tokenCount: number;
  /** Whether the token is in memory. */
  has(token: string): boolean;

  /** Hands over what changed since the last cut; null when nothing did. */
  cut(): Cut | null;
  readonly shardCount: number;
  shardOf(token: string): number;
  /** Shards that changed since they were last encoded or restored. */
  dirtyShards(): number[];
  /**
   * The state of the tokens of one shard as it is now, however long the encoding then takes. To be begun right after a cut: throws when
   * the shard changed since, or when another encoding is not whole yet.
   */
  beginShard(shard: number): ShardEncoding;

  /** Restoring: shards first, then the journals in order, each for the shards whose base is older, then the head. */
  restoreShard(shard: number, bytes: Uint8Array): void;
  replay(journal: Uint8Array, accepts: (shard: number) => boolean): void;
  restoreHead(head: Head): void;
}

/** What the log says, counted (`apply`), and read at a moment (`advance`, `read`). */
export interface Engine extends LogState {
  /**
   * Judges the next record and takes it into the state. The caller skips offsets that were applied.
   * @throws TooManyTokensError before anything changed.
   */
  apply(record: LogRecord): Outcome;

  /** The read moment. Reads are exact from 60 s behind the watermark on. */
  readonly tMs: number;
  /** Moves the read moment; an earlier one is ignored. Marks tokens whose figures change, and computes none of them. */
  advance(tMs: number): void;
  /** Forgets the read moment, so that the next one may be earlier; all tokens are marked. What is counted stays. */
  rewind(): void;
  /** Tokens whose statistics changed since they were taken last, oldest first, forgotten ones among them. */
  takeChanged(max?: number): string[];
  readonly changedCount: number;
  /** All tokens are to be published again. */
  markAllChanged(): void;
  /** The statistics at the read moment; null for a token that is unknown or forgotten. */
  read(token: string): TokenStatistics | null;
  tokens(): IterableIterator<string>;
}

/** An accepted record of the log, and where the log has it. */
export interface RecordedSwap {
  readonly swap: Swap;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly appendTimeMs: number;
}

export type Registered = { readonly kind: 'accepted'; readonly swap: Swap } | Exclude<Outcome, { kind: 'accepted' }>;

/** What the log says, judged as the engine judges it, and nothing counted: it knows no more than which swaps it accepted. */
export interface Register extends LogState {
  /**
   * Judges the next record; the swap of an accepted one is for the caller to keep.
   * @throws TooManyTokensError before anything changed.
   */
  apply(record: LogRecord): Registered;
}
