import type { KafkaMessage } from 'kafkajs';

/** A record as it stands in the log. */
export interface ConsumedRecord {
  partition: number;
  offset: number;
  /** When the broker appended it, for topics that keep that time; else what the producer stamped. In ms. */
  appendTimeMs: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: Record<string, Uint8Array | undefined>;
  /** This stands for a whole batch that cannot be decoded, at its last offset; the value is the batch as it is in the log. */
  unreadable?: Unreadable;
}

export interface Unreadable {
  /** Of the batch. */
  firstOffset: number;
  reason: string;
}

/** What `patches/` adds to the client. */
interface PatchedMessage extends Omit<KafkaMessage, 'size'> {
  unreadable?: { firstOffset: string; reason: string };
}

export function consumedRecord(
  partition: number,
  { offset, timestamp, key, value, headers, unreadable }: PatchedMessage,
): ConsumedRecord {
  return {
    partition,
    offset: Number(offset),
    appendTimeMs: Number(timestamp),
    key,
    value,
    headers: (headers ?? {}) as Record<string, Uint8Array | undefined>,
    ...(unreadable && { unreadable: { ...unreadable, firstOffset: Number(unreadable.firstOffset) } }),
  };
}
