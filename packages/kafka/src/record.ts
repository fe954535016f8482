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
}

export function consumedRecord(
  partition: number,
  { offset, timestamp, key, value, headers }: KafkaMessage,
): ConsumedRecord {
  return {
    partition,
    offset: Number(offset),
    appendTimeMs: Number(timestamp),
    key,
    value,
    headers: (headers ?? {}) as Record<string, Uint8Array | undefined>,
  };
}
