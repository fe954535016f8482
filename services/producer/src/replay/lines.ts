import { createReadStream } from 'node:fs';

/** A longer line is no swap; it is passed over without being held in memory. */
export const maxLineBytes = 1_048_576;

export interface Line {
  /** From 1. */
  number: number;
  /** Without its end; null when it is longer than `maxLineBytes`. */
  bytes: Uint8Array | null;
}

const chunkBytes = 256 * 1_024;
const newline = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** The lines of a file that are not empty, some at a time, as many as one read brings. */
export async function* readLines(path: string): AsyncGenerator<Line[]> {
  let number = 0;
  let rest: Buffer[] = [];
  let restBytes = 0;
  const take = (end: Buffer): Line => {
    number++;
    const length = restBytes + end.length;
    const whole = rest.length === 0 ? end : Buffer.concat([...rest, end]);
    rest = [];
    restBytes = 0;
    return { number, bytes: length > maxLineBytes ? null : trimmed(whole, number === 1) };
  };

  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes }) as AsyncIterable<Buffer>) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      lines.push(take(chunk.subarray(start, end)));
      start = end + 1;
    }
    if (start < chunk.length) {
      restBytes += chunk.length - start;
      // Of a line that is too long only the length counts.
      if (restBytes <= maxLineBytes) rest.push(chunk.subarray(start));
      else rest = [];
    }
    yield lines.filter(isNotEmpty);
  }
  if (restBytes > 0) yield [take(Buffer.alloc(0))].filter(isNotEmpty);
}

function isNotEmpty({ bytes }: Line): boolean {
  return bytes === null || bytes.length > 0;
}

function trimmed(line: Buffer, isFirst: boolean): Buffer {
  const start = isFirst && line.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? byteOrderMark.length : 0;
  const end = line.at(-1) === carriageReturn ? line.length - 1 : line.length;
  return line.subarray(start, end);
}
