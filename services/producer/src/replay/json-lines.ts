import { decodeSwap, defaultRules } from '@tidemark/domain';
import type { Entry } from './entry.ts';
import { type Line, maxLineBytes } from './lines.ts';

/** A line of a recording that holds one swap as JSON. */
export function readJsonLine({ number, bytes }: Line): Entry {
  if (bytes === null) return tooLong(number);
  const decoded = decodeSwap(bytes, defaultRules.maxRecordBytes);
  return decoded.ok
    ? { line: number, kind: 'swap', swap: decoded.swap }
    : { line: number, kind: 'rejected', code: decoded.code, reason: decoded.reason };
}

export function tooLong(line: number): Entry {
  return { line, kind: 'rejected', code: 'RECORD_TOO_LARGE', reason: `the line is longer than ${maxLineBytes} bytes` };
}
