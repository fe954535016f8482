import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { CodedError } from '@tidemark/runtime';
import type { Entry } from './entry.ts';
import { readJsonLine } from './json-lines.ts';
import { type Line, readLines } from './lines.ts';
import { findPool } from './pools.ts';

/** A file of swaps in the order in which they are to be sent. */
export interface Recording {
  path: string;
  form: 'json-lines' | 'evm-logs';
  /** SHA-256 of the content: what a position belongs to, wherever the file lies. */
  fingerprint: string;
  /** What the lines after `line` hold, some at a time. */
  entries(afterLine: number): AsyncGenerator<Entry[]>;
}

const openingBrace = '{'.charCodeAt(0);

/** @throws CodedError REPLAY_INVALID when the file is missing, or of no known form */
export async function openRecording(path: string, poolFile: string, signal: AbortSignal): Promise<Recording> {
  if (!(await stat(path).catch(() => undefined))?.isFile()) {
    throw new CodedError('REPLAY_INVALID', `there is no file ${path}`);
  }
  const { form, headerLine, read } = await recognise(path, poolFile);
  const fingerprint = await hashOf(path, signal);
  return {
    path,
    form,
    fingerprint,
    async *entries(afterLine) {
      const after = Math.max(afterLine, headerLine);
      for await (const lines of readLines(path)) {
        const wanted = lines.filter(({ number }) => number > after);
        if (wanted.length > 0) yield wanted.map(read);
      }
    },
  };
}

interface Form {
  form: Recording['form'];
  /** The line after which the entries begin. */
  headerLine: number;
  read(line: Line): Entry;
}

async function recognise(path: string, poolFile: string): Promise<Form> {
  for await (const lines of readLines(path)) {
    const first = lines[0];
    if (first === undefined) continue;
    // A recording may begin with a broken line; one that holds no object at all is no recording of swaps.
    if (lines.some(({ bytes }) => bytes?.[0] === openingBrace)) {
      return { form: 'json-lines', headerLine: 0, read: readJsonLine };
    }
    const logs = await recogniseLogs(path, poolFile, first);
    if (logs) return logs;
    throw new CodedError('REPLAY_INVALID', `${path} is neither JSON lines of swaps nor a CSV of raw logs`);
  }
  throw new CodedError('REPLAY_INVALID', `${path} is empty`);
}

async function recogniseLogs(path: string, poolFile: string, { number, bytes }: Line): Promise<Form | null> {
  // Loaded for logs alone: the decoder takes longer to load than the rest of the service together.
  const { createLogReader, readHeader } = await import('./evm-logs.ts');
  const columns = bytes && readHeader(bytes);
  if (columns === null) return null;
  const pool = await findPool(path, poolFile);
  return { form: 'evm-logs', headerLine: number, read: createLogReader(columns, pool) };
}

async function hashOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}
