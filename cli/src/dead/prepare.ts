import { checkRecord, decodeSwap, partitionOf, type Rejection } from '@tidemark/domain';
import type { OutgoingRecord } from '@tidemark/kafka';
import { CodedError } from '@tidemark/runtime';
import { placeOf } from '@tidemark/wire';
import type { StoredLetter } from './scan.ts';

/** Where replayed records go, and what is known there. */
export interface Destination {
  /** The name of `swaps` on the brokers. */
  topic: string;
  partitionCount: number;
  maxRecordBytes: number;
  nowMs: number;
}

/**
 * The record that replaces the letter's: its own bytes, or corrected ones, under the key and in the partition that its token has now.
 * What would surely be rejected again is not sent; what is late, a duplicate or a reused id only the log can tell.
 * @throws CodedError DEAD_LETTER_TRUNCATED, DEAD_LETTER_INVALID
 */
export function prepareReplay(letter: StoredLetter, corrected: Uint8Array | null, to: Destination): OutgoingRecord {
  const where = placeOf(letter);
  const { topic, cut } = letter;
  if (topic !== to.topic) throw invalid(`${where} is not a record of ${to.topic}`);
  if (corrected === null && cut.value) {
    const held = letter.value?.length ?? 0;
    throw new CodedError('DEAD_LETTER_TRUNCATED', `${where}: the first ${held} bytes are left of ${cut.value.length}`);
  }
  const value = corrected ?? letter.value;
  const judged = judge(value, to);
  if (!judged.ok) throw invalid(`${where}: ${judged.code}: ${judged.reason}`);
  const { token, partition } = judged;
  return { topic: 'swaps', partition, key: token, value, headers: { 'tidemark-replay-of': where } };
}

type Judged = { ok: true; token: string; partition: number } | ({ ok: false } & Rejection);

/** What would be said of a swap that is sent now, as far as it depends on nothing but the record. */
export function judge(value: Uint8Array | null, { partitionCount, maxRecordBytes, nowMs }: Destination): Judged {
  const decoded = decodeSwap(value, maxRecordBytes);
  if (!decoded.ok) return decoded;
  const { token } = decoded.swap;
  const partition = partitionOf(token, partitionCount);
  const record = { offset: 0, key: Buffer.from(token), value, appendTimeMs: nowMs };
  const checked = checkRecord(record, maxRecordBytes, { partition, partitionCount });
  return checked.ok ? { ok: true, token, partition } : checked;
}

function invalid(message: string): CodedError {
  return new CodedError('DEAD_LETTER_INVALID', message);
}
