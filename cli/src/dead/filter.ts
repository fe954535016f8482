import { duration } from '@tidemark/runtime';
import { InvalidArgumentError } from 'commander';
import type { StoredLetter } from './scan.ts';

/** Which dead letters are meant: all that is given must hold. */
export interface LetterFilter {
  code?: string | undefined;
  /** The rejected records' topic, with TOPIC_PREFIX. */
  topic?: string | undefined;
  partition?: number | undefined;
  offset?: number | undefined;
  /** Rejected at or after this moment, in ms. */
  sinceMs?: number | undefined;
}

export function matches({ code, topic, partition, offset, sinceMs }: LetterFilter, letter: StoredLetter): boolean {
  return (
    (code === undefined || letter.code === code) &&
    (topic === undefined || letter.topic === topic) &&
    (partition === undefined || letter.partition === partition) &&
    (offset === undefined || letter.offset === offset) &&
    (sinceMs === undefined || letter.rejectedAtMs >= sinceMs)
  );
}

/** Where a rejected record stood, in its topic. */
export interface Where {
  partition: number;
  offset: number;
}

/** `3@41`: offset 41 of partition 3. */
export function parseWhere(text: string): Where {
  const [, partition, offset] = /^(\d{1,6})@(\d{1,15})$/.exec(text) ?? [];
  if (partition === undefined) throw new InvalidArgumentError('expected <partition>@<offset>, such as 3@41');
  return { partition: Number(partition), offset: Number(offset) };
}

const age = duration('1h');

/** `2h` before now, or a moment such as `2026-01-31T12:00Z`; in ms since the epoch. */
export function parseSince(text: string, nowMs: number): number {
  const parsed = age.safeParse(text);
  if (parsed.success) return nowMs - parsed.data;
  const ms = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new InvalidArgumentError('expected an age such as 2h, or a moment such as 2026-01-31T12:00Z');
  return ms;
}
