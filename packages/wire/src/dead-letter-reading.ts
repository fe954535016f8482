import { createHash } from 'node:crypto';

/** A rejected record as it stands in `swaps.dead`. Of a value or key that was cut, `cut` says what it was. */
export interface DeadLetter {
  /** Of the rejected record: its place and its bytes. Letters that were sent again have the same one. */
  id: string;
  /** The name on the brokers, with TOPIC_PREFIX. */
  topic: string;
  partition: number;
  offset: number;
  code: string;
  reason: string;
  key: Uint8Array | null;
  value: Uint8Array | null;
  cut: Partial<Record<'key' | 'value', { length: number; sha256: string }>>;
}

/** The mark beside the letters that says that one was replayed. Its partition is that of the letter, so it is kept as long. */
export interface ReplayMark {
  /** The letter's id. */
  letterId: string;
  /** Where the record stands now: `topic/partition@offset`. */
  to: string;
}

/** A record of `swaps.dead`, as it was read. */
export interface DeadRecord {
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: Record<string, Uint8Array | undefined>;
}

const idBytes = 16;

/** The letter or the mark that a record of `swaps.dead` is; null when it is neither. */
export function readDeadRecord(record: DeadRecord): DeadLetter | ReplayMark | null {
  const header = (name: string) => {
    const bytes = record.headers[`tidemark-${name}`];
    return bytes === undefined ? undefined : Buffer.from(bytes).toString();
  };
  const letterId = header('letter-id');
  if (letterId !== undefined) return { letterId, to: header('replayed-to') ?? '' };
  const [topic, code, partition, offset] = [header('topic'), header('code'), header('partition'), header('offset')];
  if (topic === undefined || code === undefined || !isNumber(partition) || !isNumber(offset)) return null;
  const cut: DeadLetter['cut'] = {};
  for (const [part, prefix] of [
    ['key', 'key-'],
    ['value', ''],
  ] as const) {
    const sha256 = header(`${prefix}sha256`);
    if (sha256 !== undefined) cut[part] = { length: Number(header(`${prefix}length`)), sha256 };
  }
  const { key, value } = record;
  const place = [topic, Number(partition), Number(offset), key?.length ?? null, cut] as const;
  const digest = createHash('sha256').update(JSON.stringify(place));
  for (const bytes of [key, value]) if (bytes !== null) digest.update(bytes);
  return {
    id: digest.digest().subarray(0, idBytes).toString('base64url'),
    topic,
    partition: Number(partition),
    offset: Number(offset),
    code,
    reason: header('reason') ?? '',
    key,
    value,
    cut,
  };
}

/** The record for `swaps.dead` that says that the letter was replayed. */
export function replayMark({ letterId, to }: ReplayMark) {
  return { key: null, value: null, headers: { 'tidemark-letter-id': letterId, 'tidemark-replayed-to': to } };
}

/** Where a record stands or stood, for headers and people. */
export function placeOf({ topic, partition, offset }: { topic: string; partition: number; offset: number }): string {
  return `${topic}/${partition}@${offset}`;
}

function isNumber(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,16}$/.test(text);
}
