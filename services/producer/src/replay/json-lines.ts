import { decodeSwap, defaultRules, hasUnnormalisedAddress, type Swap } from '@tidemark/domain';
import type { Entry } from './entry.ts';
import { type Line, maxLineBytes } from './lines.ts';

/** A line of a recording that holds one swap as JSON. */
export function readJsonLine({ number, bytes }: Line): Entry {
  if (bytes === null) return tooLong(number);
  const decoded = decodeSwap(bytes, defaultRules.maxRecordBytes);
  if (!decoded.ok) return { line: number, kind: 'rejected', code: decoded.code, reason: decoded.reason };
  const field = unnormalisedField(decoded.swap);
  if (field === undefined) return { line: number, kind: 'swap', swap: decoded.swap };
  const reason = `${field}: an 0x address has to be in lower case`;
  return { line: number, kind: 'rejected', code: 'ADDRESS_NOT_NORMALISED', reason };
}

function unnormalisedField(swap: Swap): string | undefined {
  return (['token', 'trader', 'pool'] as const).find((field) => hasUnnormalisedAddress(swap[field] ?? ''));
}

export function tooLong(line: number): Entry {
  return { line, kind: 'rejected', code: 'RECORD_TOO_LARGE', reason: `the line is longer than ${maxLineBytes} bytes` };
}
