import { crc32 } from 'node:zlib';
import { CodedError } from '@tidemark/runtime';
import type { PartitionKey, StoredState } from './checkpoint.ts';

/** CRC-32, as stored beside each base and delta. */
export function checksum(bytes: Uint8Array): number {
  return crc32(bytes);
}

type Row = Pick<StoredState, 'replayFrom' | 'nextOffset' | 'head' | 'lastRecord'>;

/** CRC-32 over what a partition's row says, whatever order a database gives the keys of its JSON. */
export function rowChecksum({ replayFrom, nextOffset, head, lastRecord }: Row): number {
  return crc32(JSON.stringify([replayFrom, nextOffset, sorted(head), sorted(lastRecord)]));
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, inner]) => [key, sorted(inner)]);
}

/** A row without a checksum is of an earlier release. @throws CodedError CHECKPOINT_CORRUPT */
export function verifyRow(key: PartitionKey, row: Row, stored: number | null): void {
  if (stored !== null && rowChecksum(row) !== stored) throw corrupt(key, 'its row does not match its checksum');
}

export interface StoredBytes {
  codec: number;
  checksum: number;
  bytes: Uint8Array;
}

/** @throws CodedError CODEC_UNKNOWN or CHECKPOINT_CORRUPT */
export function verifyBytes(key: PartitionKey, what: string, stored: StoredBytes, codecs: readonly number[]): void {
  if (!codecs.includes(stored.codec)) {
    throw new CodedError(
      'CODEC_UNKNOWN',
      `${name(key)}: ${what} has codec ${stored.codec}; this release reads ${codecs.join(' and ')}`,
    );
  }
  if (checksum(stored.bytes) !== stored.checksum) throw corrupt(key, `${what} does not match its checksum`);
}

/**
 * The deltas must lead without a gap from `replayFrom` to the next offset, and every base must stand on one of their ends,
 * or before them: the base of a shard that did not change is not written again.
 * @throws CodedError CHECKPOINT_CORRUPT
 */
export function verifyChain(key: PartitionKey, { replayFrom, nextOffset, shards, deltas }: StoredState): void {
  let offset = replayFrom;
  const ends = new Set([replayFrom]);
  for (const { from, to } of deltas) {
    ends.add(to);
    if (from !== offset || to <= from) throw corrupt(key, `a delta from ${from} to ${to} follows offset ${offset}`);
    offset = to;
  }
  if (offset !== nextOffset) throw corrupt(key, `the deltas end at ${offset}, the partition at ${nextOffset}`);
  const stray = shards.find(({ atOffset }) => atOffset > replayFrom && !ends.has(atOffset));
  if (stray) throw corrupt(key, `the base of shard ${stray.shard} is of offset ${stray.atOffset}, where no delta ends`);
}

function corrupt(key: PartitionKey, what: string): CodedError {
  return new CodedError('CHECKPOINT_CORRUPT', `${name(key)}: ${what}`);
}

export function name({ groupId, topic, partition }: PartitionKey): string {
  return `checkpoint of ${groupId}, ${topic} partition ${partition}`;
}
