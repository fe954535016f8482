import { CodecError } from './bytes.ts';
import type { Counters, Head } from './types.ts';

const counterNames = ['counted', 'duplicate', 'late', 'rejected'] as const satisfies (keyof Counters)[];

/** A head as it was stored. @throws CodecError when it is none: wrong figures would follow from it. */
export function readHead(stored: unknown): Head {
  const { watermarkMs, counters } = (stored ?? {}) as { watermarkMs?: unknown; counters?: Record<string, unknown> };
  const isHead =
    (watermarkMs === null || Number.isSafeInteger(watermarkMs)) &&
    counterNames.every((name) => Number.isSafeInteger(counters?.[name]) && (counters![name] as number) >= 0);
  if (!isHead) throw new CodecError(`the head is ${JSON.stringify(stored)}`);
  return stored as Head;
}
