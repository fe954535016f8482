import { createHash } from 'node:crypto';

/** The longest original value, and the longest original key, that a dead letter holds whole. */
export const deadLetterMaxBytes = 65_536;

export interface Rejected {
  topic: string;
  partition: number;
  offset: number;
  /** Of a batch that was rejected as a whole; `offset` is its last. */
  firstOffset?: number | undefined;
  key: Uint8Array | null;
  value: Uint8Array | null;
  code: string;
  reason: string;
}

/**
 * The record for `swaps.dead`: the original bytes under their original key, and in the headers where they were and what was wrong.
 * Of a batch that cannot be decoded it is the bytes of the batch. A value or key that is too long is cut, and its length and SHA-256
 * are in the headers: so a letter stays below what brokers take (1 MiB), whatever the record was.
 */
export function deadLetter({ topic, partition, offset, firstOffset, key, value, code, reason }: Rejected) {
  const headers: Record<string, string> = {
    'tidemark-topic': topic,
    'tidemark-partition': String(partition),
    'tidemark-offset': String(offset),
    ...(firstOffset !== undefined && { 'tidemark-first-offset': String(firstOffset) }),
    'tidemark-code': code,
    'tidemark-reason': reason,
  };
  return {
    key: bounded(key, 'tidemark-key-', headers),
    value: bounded(value, 'tidemark-', headers),
    headers,
  };
}

function bounded(bytes: Uint8Array | null, prefix: string, headers: Record<string, string>): Uint8Array | null {
  if (bytes === null || bytes.length <= deadLetterMaxBytes) return bytes;
  headers[`${prefix}length`] = String(bytes.length);
  headers[`${prefix}sha256`] = createHash('sha256').update(bytes).digest('hex');
  return bytes.subarray(0, deadLetterMaxBytes);
}
