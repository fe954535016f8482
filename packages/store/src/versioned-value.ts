import type { Version } from '@tidemark/wire';

/** Each part of a version is written in this many digits, enough for every safe integer. */
const digits = 16;

/** The length of a version in front of a value in Redis. */
export const versionLength = 4 * digits;

/**
 * A version as text that sorts as the version does, so that the script which compares two of them needs no parsing and no
 * numbers: Lua's are doubles, and decimal digits sort alike in every locale.
 */
export function encodeVersion(version: Version): string {
  return version.map((part) => String(part).padStart(digits, '0')).join('');
}

export function decodeVersion(text: string): Version {
  const part = (index: number) => Number(text.slice(index * digits, (index + 1) * digits));
  return [part(0), part(1), part(2), part(3)];
}

/** JSON as it was written, with its version. */
export interface VersionedJson {
  version: Version;
  json: string;
}

/** What a key holds; null for an absent key and for the marker that a tombstone left. */
export function decodeValue(stored: string | null): VersionedJson | null {
  if (stored === null || stored.length <= versionLength) return null;
  return { version: decodeVersion(stored), json: stored.slice(versionLength) };
}

/**
 * Writes a value unless a newer version is held. An equal version is written again: it has the same figures, and a heartbeat
 * that repeats its version renews the time it was reported at. KEYS[1]: the key; ARGV: encoded version, JSON (empty for a tombstone), seconds
 * that a tombstone's marker stays. Answers 1 when written, 0 when the key holds a newer version.
 */
export const writeIfNewerScript = `
local held = redis.call('GETRANGE', KEYS[1], 0, ${versionLength - 1})
if held > ARGV[1] then return 0 end
if ARGV[2] == '' then
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
else
  redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2])
end
return 1
`;
