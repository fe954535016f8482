/**
 * How recent a value is: `[generation, nextOffset, epoch, tMs]`, compared left to right. Readers keep the greatest; values of
 * equal version are equal.
 */
export type Version = readonly [generation: number, nextOffset: number, epoch: number, tMs: number];

/** Negative, zero or positive, as `a` is older than, the same as or newer than `b`. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3];
}

export function newerVersion(a: Version, b: Version): Version {
  return compareVersions(a, b) >= 0 ? a : b;
}

export function isVersion(value: unknown): value is Version {
  return Array.isArray(value) && value.length === 4 && value.every((part) => Number.isSafeInteger(part) && part >= 0);
}
