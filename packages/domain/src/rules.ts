import { createHash } from 'node:crypto';
import { formatScaled, parseScaled } from './decimal.ts';
import { USD_PATTERN } from './patterns.ts';

/** Raised when the meaning of the figures changes: state of other rules is refused, never reinterpreted. */
export const RULES_VERSION = 1;
/** How far past its record's append time a swap may be stamped. */
export const FUTURE_TOLERANCE_MS = 60_000;
/** Reads may lie this far behind the partition's watermark: a swap may be stamped that far ahead of its append time. */
export const READ_SLACK_MS = 60_000;
export const MINUTE_MS = 60_000;
export const MAX_WINDOWS = 16;
const MAX_WINDOW_MS = 7 * 86_400_000;
const MAX_BUCKETS = 1440;
const RESOLUTIONS_MS = [1_000, 10_000, 60_000, 600_000];
const UNITS_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export interface WindowSpec {
  /** As configured, for example `5m`: the key of the window in every answer. */
  readonly name: string;
  readonly lengthMs: number;
  /** The width of a bucket: what is inside changes only at its multiples. */
  readonly resolutionMs: number;
}

export interface Rules {
  readonly latenessMs: number;
  readonly windows: readonly WindowSpec[];
  /** The least value of a trade whose price counts, a decimal string of USD. */
  readonly priceMinUsd: string;
  readonly maxRecordBytes: number;
}

export class RulesError extends Error {
  readonly code = 'RULES_INVALID';

  constructor(message: string) {
    super(message);
    this.name = 'RulesError';
  }
}

/**
 * The windows of a list such as `5m,1h,24h`.
 * @throws RulesError when an entry is not a length, repeats another, or does not fit its resolution.
 */
export function parseWindows(text: string): WindowSpec[] {
  const windows = text.split(',').map((entry) => parseWindow(entry.trim()));
  if (windows.length > MAX_WINDOWS)
    throw new RulesError(`WINDOWS names ${windows.length} windows; at most ${MAX_WINDOWS}`);
  const byLength = new Map<number, string>();
  for (const { name, lengthMs } of windows) {
    const other = byLength.get(lengthMs);
    if (other !== undefined)
      throw new RulesError(`WINDOWS: ${other} and ${name} are the same length; keep one of them`);
    byLength.set(lengthMs, name);
  }
  return windows;
}

function parseWindow(name: string): WindowSpec {
  const match = /^([1-9]\d{0,6})([smhd])$/.exec(name);
  if (match === null) {
    throw new RulesError(
      `WINDOWS: ${JSON.stringify(name)} is not a length; write for example 5m,1h,24h (units s, m, h, d)`,
    );
  }
  const lengthMs = Number(match[1]) * UNITS_MS[match[2]!]!;
  if (lengthMs > MAX_WINDOW_MS) throw new RulesError(`WINDOWS: ${name} is longer than 7 days`);
  const resolutionMs = RESOLUTIONS_MS.find((r) => lengthMs / r <= MAX_BUCKETS)!;
  if (lengthMs % resolutionMs !== 0) {
    throw new RulesError(`WINDOWS: ${name} is not a multiple of its resolution, ${resolutionMs / 1000} s`);
  }
  return { name, lengthMs, resolutionMs };
}

export const defaultRules: Rules = {
  latenessMs: 20 * 60_000,
  windows: parseWindows('5m,1h,24h'),
  priceMinUsd: '1',
  maxRecordBytes: 65_536,
};

export function longestWindow(rules: Rules): WindowSpec {
  return rules.windows.reduce((longest, window) => (window.lengthMs > longest.lengthMs ? window : longest));
}

/** @throws RulesError naming the setting that is wrong. */
export function checkRules(rules: Rules): void {
  if (rules.windows.length === 0) throw new RulesError('WINDOWS is empty; name at least one window, for example 24h');
  if (!Number.isSafeInteger(rules.latenessMs) || rules.latenessMs < 0) {
    throw new RulesError(`LATENESS is ${rules.latenessMs} ms; it has to be a whole number of milliseconds, 0 or more`);
  }
  if (!USD_PATTERN.test(rules.priceMinUsd)) {
    throw new RulesError(
      `PRICE_MIN_USD is ${JSON.stringify(rules.priceMinUsd)}; it has to be a decimal such as 1 or 0.5`,
    );
  }
}

/** SHA-256 (hex) over all that decides what is counted: state made under another hash must not be continued. */
export function rulesHash(rules: Rules): string {
  const meaning = {
    version: RULES_VERSION,
    latenessMs: rules.latenessMs,
    windows: rules.windows.map(({ name, lengthMs, resolutionMs }) => [name, lengthMs, resolutionMs]),
    priceMinUsd: formatScaled(parseScaled(rules.priceMinUsd, 18), 18),
  };
  return createHash('sha256').update(JSON.stringify(meaning)).digest('hex');
}
