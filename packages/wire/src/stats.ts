import type { TokenStatistics } from '@tidemark/domain';
import { isVersion, type Version } from './version.ts';

/** A record of `stats` whose key is a token, and the same JSON in Redis: the token's figures as of one moment. */
export interface StatsRecord extends TokenStatistics {
  version: Version;
  /** The moment that the figures are of, in ms; the t of `version`. */
  asOf: number;
}

/**
 * A record of `stats` whose key is `#<partition>`, and the same JSON in Redis: every value of the partition is current to
 * `version`. Written each second by the partition's owner.
 */
export interface Heartbeat {
  partition: number;
  version: Version;
  /** By the owner's wall clock, in ms. */
  reportedAt: number;
  /** Names of the windows that statistics are kept for, longest last. */
  windows: string[];
  status: PartitionStatus;
}

export interface PartitionStatus {
  topic: string;
  nextOffset: number;
  /** Records between `nextOffset` and the end of the log. */
  lag: number;
  /** The greatest time stamp that passed the judgement; null before the first. */
  watermark: number | null;
  t: number;
  counted: number;
  duplicate: number;
  late: number;
  rejected: number;
  /** The instance that owns the partition. */
  owner: string;
  epoch: number;
  /** Since the last checkpoint that was stored. */
  checkpointAgeMs: number;
}

/** A partition whose newest heartbeat is older than this is stale: nobody vouches for its values. */
export const staleAfterMs = 3_000;

export function heartbeatKey(partition: number): string {
  return `#${partition}`;
}

/** A record of `stats`, read. `tombstone`: the token has left memory, its figures are all zero. */
export type StatsEvent =
  | { kind: 'value'; token: string; record: StatsRecord }
  | { kind: 'tombstone'; token: string }
  | { kind: 'heartbeat'; heartbeat: Heartbeat };

/** Null for a record that no owner wrote: readers skip it. */
export function readStatsRecord(key: Uint8Array | null, value: Uint8Array | null): StatsEvent | null {
  if (key === null) return null;
  const name = Buffer.from(key).toString();
  const isHeartbeat = name.startsWith('#');
  if (value === null) return isHeartbeat ? null : { kind: 'tombstone', token: name };
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(value).toString());
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || !('version' in parsed) || !isVersion(parsed.version))
    return null;
  return isHeartbeat
    ? { kind: 'heartbeat', heartbeat: parsed as Heartbeat }
    : { kind: 'value', token: name, record: parsed as StatsRecord };
}
