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
  if (isHeartbeat) return isHeartbeatOf(name, parsed) ? { kind: 'heartbeat', heartbeat: parsed } : null;
  return isValueOf(name, parsed) ? { kind: 'value', token: name, record: parsed } : null;
}

/** Looks at what readers build on, not at every figure: only owners can be expected to write what passes. */
function isHeartbeatOf(key: string, parsed: unknown): parsed is Heartbeat {
  if (!isObject(parsed)) return false;
  const { partition, version, reportedAt, windows, status } = parsed;
  return (
    Number.isSafeInteger(partition) &&
    key === heartbeatKey(partition as number) &&
    isVersion(version) &&
    Number.isSafeInteger(reportedAt) &&
    Array.isArray(windows) &&
    windows.every((window) => typeof window === 'string') &&
    isObject(status)
  );
}

function isValueOf(token: string, parsed: unknown): parsed is StatsRecord {
  return (
    isObject(parsed) &&
    parsed['token'] === token &&
    isVersion(parsed['version']) &&
    isObject(parsed['windows']) &&
    Object.values(parsed['windows']).every(isObject)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
