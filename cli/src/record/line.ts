import { isUtf8 } from 'node:buffer';
import { decodeSwap, defaultRules } from '@tidemark/domain';
import type { ConsumedRecord } from '@tidemark/kafka';
import type { TopicName } from '@tidemark/wire';

/** Makes the line of a record, without line breaks; null for a record that has none. */
export type LineOf = (record: ConsumedRecord) => string | null;

/** How the lines of a recording look: raw ones hold everything, whatever it is; others what replay takes. */
export function lineFormat(topic: TopicName, raw: boolean): LineOf {
  if (raw) return rawLine;
  return topic === 'swaps' ? swapLine : jsonLine;
}

function swapLine({ value }: ConsumedRecord): string | null {
  const decoded = decodeSwap(value, defaultRules.maxRecordBytes);
  return decoded.ok ? JSON.stringify(decoded.swap) : null;
}

function jsonLine({ value }: ConsumedRecord): string | null {
  if (value === null) return null;
  try {
    // Read and written anew, since JSON may be spread over lines.
    return JSON.stringify(JSON.parse(Buffer.from(value).toString()));
  } catch {
    return null;
  }
}

function rawLine({ partition, offset, appendTimeMs, key, value }: ConsumedRecord): string {
  return JSON.stringify({ partition, offset, appendTime: appendTimeMs, key: content(key), value: content(value) });
}

/** Text where the bytes are UTF-8, and otherwise `{base64}`: nothing of a record is lost. */
function content(bytes: Uint8Array | null): string | { base64: string } | null {
  if (bytes === null) return null;
  const buffer = Buffer.from(bytes);
  return isUtf8(bytes) ? buffer.toString() : { base64: buffer.toString('base64') };
}
