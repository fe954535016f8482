import { isAscii, isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { isSwapInput } from './fast-check.ts';
import {
  AMOUNT_PATTERN,
  CONTROL_CHARACTER,
  MAX_NAME_LENGTH,
  NON_ZERO_DIGIT,
  TOKEN_PATTERN,
  USD_PATTERN,
} from './patterns.ts';
import type { Rejection } from './rejections.ts';

const noControlCharacters = (text: string) => !CONTROL_CHARACTER.test(text);
const CONTROL = 'has control characters';

const identifier = z.string().min(1).max(MAX_NAME_LENGTH).refine(noControlCharacters, CONTROL);
/** Labels and provenance may be empty: some contracts carry an empty symbol. */
const label = z.string().max(MAX_NAME_LENGTH).refine(noControlCharacters, CONTROL);
const index = z.int().min(0);

/** A swap on the wire. Keys that it does not name are ignored; `__proto__` is refused before it is asked. */
export const swapSchema = z.object({
  id: identifier,
  version: z.int().min(1).optional(),
  status: z.enum(['pending', 'confirmed', 'reverted']).optional(),
  chain: z.union([label, index]).optional(),
  pool: label.optional(),
  txHash: label.optional(),
  block: index.optional(),
  logIndex: index.optional(),
  symbol: label.optional(),
  name: label.optional(),
  token: z.string().regex(TOKEN_PATTERN),
  trader: identifier,
  side: z.enum(['buy', 'sell']),
  amount: z
    .string()
    .regex(AMOUNT_PATTERN)
    .refine((text) => NON_ZERO_DIGIT.test(text), 'has to be more than 0'),
  usd: z.string().regex(USD_PATTERN),
  timestamp: z.int(),
});

/** A swap as written: `version` defaults to 1 and `status` to `confirmed`. */
export type Swap = z.infer<typeof swapSchema>;
export type SwapStatus = NonNullable<Swap['status']>;
export type Side = Swap['side'];

export type Decoded = { readonly ok: true; readonly swap: Swap } | ({ readonly ok: false } & Rejection);

/** Reads the value of a record: check 1 of the judgement. The swap holds what was sent, without defaults. */
export function decodeSwap(value: Uint8Array | null, maxRecordBytes: number): Decoded {
  if (value === null) return refuse('NOT_JSON', 'the record has no value');
  if (value.byteLength > maxRecordBytes) {
    return refuse('RECORD_TOO_LARGE', `${value.byteLength} bytes; at most ${maxRecordBytes}`);
  }
  // Nearly every value is ASCII, which needs no decoding.
  const isPlain = isAscii(value);
  if (!isPlain && !isUtf8(value)) return refuse('NOT_UTF8', 'the value is not valid UTF-8');
  let parsed: unknown;
  try {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    parsed = JSON.parse(isPlain ? bytes.toString('latin1') : bytes.toString('utf8'));
  } catch (error) {
    return refuse('NOT_JSON', error instanceof Error ? error.message : 'the value is not JSON');
  }
  return checkSwap(parsed);
}

/** The schema's part of the decoding, for values that are parsed already. */
export function checkSwap(parsed: unknown): Decoded {
  return isSwapInput(parsed) ? { ok: true, swap: parsed } : refuse('SCHEMA', explain(parsed));
}

function explain(parsed: unknown): string {
  if (typeof parsed === 'object' && parsed !== null && Object.hasOwn(parsed, '__proto__')) {
    return '__proto__: the key is refused';
  }
  const result = swapSchema.safeParse(parsed);
  // The fast check and the schema say the same (a property test holds them together), so there is an issue.
  const issue = result.error?.issues[0];
  if (issue === undefined) return '(root): not a swap';
  return `${issue.path.length === 0 ? '(root)' : issue.path.map(String).join('.')}: ${issue.message}`;
}

function refuse(code: Rejection['code'], reason: string): Decoded {
  return { ok: false, code, reason };
}
