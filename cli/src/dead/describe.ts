import { isUtf8 } from 'node:buffer';
import { printable } from '../output.ts';
import { type Destination, judge } from './prepare.ts';
import type { StoredLetter } from './scan.ts';

type Content = string | { base64: string } | null;

/** All that is known of a dead letter, for people and as data. */
export interface LetterDescription {
  topic: string;
  partition: number;
  offset: number;
  code: string;
  reason: string;
  rejectedAt: string;
  /** Text where the bytes are UTF-8. */
  key: Content;
  value: Content;
  /** What the key or the value was before it was cut. */
  cut: StoredLetter['cut'];
  /** Where its record stands now, when it was replayed. */
  replayedTo: string | null;
  /** What would be said of its bytes today, as far as they alone decide it. */
  now: string;
}

export function describeLetter(letter: StoredLetter, replayedTo: string | null, to: Destination): LetterDescription {
  const { topic, partition, offset, code, reason, rejectedAtMs, key, value, cut } = letter;
  const judged = judge(value, to);
  return {
    topic,
    partition,
    offset,
    code,
    reason,
    rejectedAt: new Date(rejectedAtMs).toISOString(),
    key: content(key),
    value: content(value),
    cut,
    replayedTo,
    now: judged.ok ? 'a swap: replay sends it' : `${judged.code}: ${judged.reason}`,
  };
}

/** A line for each thing that there is to say, and the value last. */
export function letterText({ key, value, cut, replayedTo, ...rest }: LetterDescription): string {
  const lines: [string, string][] = [
    ['record', `${rest.topic}, partition ${rest.partition}, offset ${rest.offset}`],
    ['rejected', `${rest.rejectedAt} as ${rest.code}: ${printable(rest.reason)}`],
    ['today', rest.now],
    ['replayed', replayedTo ?? 'no'],
    ...Object.entries(cut).map(([part, was]): [string, string] => [
      'cut',
      `the ${part} was ${was.length} bytes, SHA-256 ${was.sha256}`,
    ]),
    ['key', textOf(key)],
    ['value', textOf(value)],
  ];
  return lines.map(([title, text]) => `${title.padEnd(8)}  ${text}`).join('\n');
}

function textOf(of: Content): string {
  if (of === null) return 'none';
  return typeof of === 'string' ? printable(of) : `base64 ${of.base64}`;
}

function content(bytes: Uint8Array | null): Content {
  if (bytes === null) return null;
  const buffer = Buffer.from(bytes);
  return isUtf8(bytes) ? buffer.toString() : { base64: buffer.toString('base64') };
}
