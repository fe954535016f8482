import { checkSwap } from '@tidemark/domain';
import { parse } from 'csv-parse/sync';
import type { Hex } from 'viem';
import { z } from 'zod';
import type { Entry } from './entry.ts';
import { tooLong } from './json-lines.ts';
import type { Line } from './lines.ts';
import type { Pool } from './pools.ts';
import { decodeSwapEvent, type EvmLog, swapOf } from './uniswap-v3.ts';

const requiredColumns = ['block_number', 'block_timestamp', 'transaction_hash', 'log_index', 'topics', 'data'];

const hex = z
  .string()
  .regex(/^0x[0-9a-f]*$/, 'expected hex digits')
  .transform((text) => text as Hex);
const hash = hex.refine((text) => text.length === 66, 'expected 32 bytes in hex');
const count = z
  .string()
  .regex(/^\d{1,15}$/, 'expected a whole number')
  .transform(Number);
const lower = (text: unknown) => (typeof text === 'string' ? text.toLowerCase() : text);

const rowSchema = z.object({
  block_number: count,
  block_timestamp: z.string().transform((text, context) => {
    const timestampMs = parseUtc(text);
    if (Number.isFinite(timestampMs)) return timestampMs;
    context.addIssue({ code: 'custom', message: 'expected a time such as 2024-01-05 00:00:23, in UTC' });
    return z.NEVER;
  }),
  transaction_hash: z.preprocess(lower, hash),
  block_hash: z.preprocess(lower, hash).optional(),
  log_index: count,
  topics: z.string().transform((text, context) => {
    const topics = z.array(hash).max(4).safeParse(parsedJson(text.toLowerCase()));
    if (topics.success) return topics.data;
    context.addIssue({ code: 'custom', message: 'expected a JSON list of up to four 32-byte values' });
    return z.NEVER;
  }),
  data: z.preprocess(lower, hex),
});

/** The columns of a header line, or null when it is not that of raw logs. */
export function readHeader(line: Uint8Array): string[] | null {
  const columns = parseRow(line);
  return columns !== null && requiredColumns.every((name) => columns.includes(name)) ? columns : null;
}

/** Reads the lines after the header: one log each. */
export function createLogReader(columns: readonly string[], pool: Pool): (line: Line) => Entry {
  return ({ number, bytes }) => {
    if (bytes === null) return tooLong(number);
    const reject = (reason: string): Entry => ({ line: number, kind: 'rejected', code: 'SCHEMA', reason });
    const cells = parseRow(bytes);
    if (cells === null) return reject('the line is not CSV');
    if (cells.length !== columns.length) return reject(`${cells.length} columns instead of ${columns.length}`);
    const row = rowSchema.safeParse(Object.fromEntries(columns.map((name, at) => [name, cells[at]])));
    if (!row.success) {
      const issue = row.error.issues[0]!;
      return reject(`${issue.path.join('.')}: ${issue.message}`);
    }
    return readLog(number, logOf(row.data), pool);
  };
}

function readLog(line: number, log: EvmLog, pool: Pool): Entry {
  let event: ReturnType<typeof decodeSwapEvent>;
  try {
    event = decodeSwapEvent(log);
  } catch (error) {
    const reason = `data: not of a Swap event: ${(error as Error).message.split('\n', 1)[0]}`;
    return { line, kind: 'rejected', code: 'SCHEMA', reason };
  }
  if (event === null) return { line, kind: 'skipped' };
  // An amount can be nothing, or more than the wire has room for.
  const checked = checkSwap(swapOf(event, log, pool));
  return checked.ok
    ? { line, kind: 'swap', swap: checked.swap }
    : { line, kind: 'rejected', code: checked.code, reason: checked.reason };
}

function logOf(row: z.infer<typeof rowSchema>): EvmLog {
  return {
    blockNumber: row.block_number,
    timestampMs: row.block_timestamp,
    txHash: row.transaction_hash,
    blockHash: row.block_hash,
    logIndex: row.log_index,
    topics: row.topics,
    data: row.data,
  };
}

/** The cells of one line. A log has no line breaks, so a quote that was never closed spoils no more than its own line. */
function parseRow(line: Uint8Array): string[] | null {
  try {
    const rows = parse(Buffer.from(line), { relax_column_count: true });
    return rows[0] ?? null;
  } catch {
    return null;
  }
}

function parseUtc(text: string): number {
  const parts = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d{1,3})?)(?: ?UTC|Z|\+00:00)?$/.exec(text.trim());
  return parts ? Date.parse(`${parts[1]}T${parts[2]}Z`) : Number.NaN;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
