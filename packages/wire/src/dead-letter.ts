import { createHash } from 'node:crypto';

/** The longest original that a dead letter holds whole. */
export const deadLetterMaxBytes = 65_536;

export interface Rejected {
  topic: string;
  partition: number;
  offset: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  code: string;
  reason: string;
}

/** The record for `swaps.dead`: the original bytes under their original key, and in the headers where they were and what was wrong. */
export function deadLetter({ topic, partition, offset, key, value, code, reason }: Rejected) {
  const headers: Record<string, string> = {
    'tidemark-topic': topic,
    'tidemark-partition': String(partition),
    'tidemark-offset': String(offset),
    'tidemark-code': code,
    'tidemark-reason': reason,
  };
  if (value !== null && value.length > deadLetterMaxBytes) {
    headers['tidemark-length'] = String(value.length);
    headers['tidemark-sha256'] = createHash('sha256').update(value).digest('hex');
    return { key, value: value.subarray(0, deadLetterMaxBytes), headers };
  }
  return { key, value, headers };
}
