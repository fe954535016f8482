import type { StoredLetter } from '../src/dead/scan.ts';

/** A letter of a test, whose id follows from its place unless given. */
export function storedLetter(more: Partial<StoredLetter> = {}): StoredLetter {
  const letter = {
    topic: 'x.swaps',
    partition: 0,
    offset: 0,
    code: 'SCHEMA',
    reason: 'id: Required',
    key: null,
    value: Buffer.from('{}'),
    cut: {},
    rejectedAtMs: 1_700_000_000_000,
    ...more,
  };
  return { id: `${letter.partition}@${letter.offset}`, ...letter };
}
