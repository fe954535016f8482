import type { Heartbeat, StatsRecord, Version } from '@tidemark/wire';
import type { VersionedJson } from './versioned-value.ts';

/** One value to write: `key` is a token, or `#<partition>` for a heartbeat; `json: null` is a tombstone. */
export interface StatsEntry {
  key: string;
  version: Version;
  json: string | null;
}

/** Values with the heartbeats of partitions, read so that a heartbeat vouches for the values beside it. */
export interface StatsReading {
  values: (VersionedJson | null)[];
  heartbeats: (Heartbeat | null)[];
}

/** The newest statistics of each token and the newest heartbeat of each partition. */
export interface StatsStore {
  /**
   * Keeps of each key the greatest version, whatever the order and number of writers. A write of an older
   * version than the held one changes nothing. Entries take effect in their order: a heartbeat after the values it vouches for.
   * @throws CodedError REDIS_UNAVAILABLE: some entries may have been written; writing all of them again is safe.
   */
  write(entries: readonly StatsEntry[]): Promise<void>;
  /** Null for a token without a value. @throws CodedError REDIS_UNAVAILABLE */
  read(tokens: readonly string[]): Promise<(StatsRecord | null)[]>;
  /** As `read`, the values as JSON text, with the heartbeats of `partitions`. @throws CodedError REDIS_UNAVAILABLE */
  readWithHeartbeats(tokens: readonly string[], partitions: readonly number[]): Promise<StatsReading>;
  /** @throws CodedError REDIS_UNAVAILABLE */
  readHeartbeat(partition: number): Promise<Heartbeat | null>;
  /** Of the partitions 0 to `partitionCount` - 1. @throws CodedError REDIS_UNAVAILABLE */
  heartbeats(partitionCount: number): Promise<(Heartbeat | null)[]>;
}
