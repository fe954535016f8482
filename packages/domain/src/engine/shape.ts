import { formatScaled, parseScaled } from '../decimal.ts';
import { checkRules, longestWindow, MINUTE_MS, READ_SLACK_MS, type Rules } from '../rules.ts';
import { parseUsdLimbs } from './limbs.ts';

export interface WindowShape {
  readonly name: string;
  /** Which series holds its buckets. */
  readonly series: number;
  readonly resolutionMs: number;
  readonly buckets: number;
}

/** What follows from the rules, worked out once: the series to keep and how long things live. */
export interface Shape {
  readonly rules: Rules;
  /** The resolution of each series, finest first; the minute is always among them, for the candles. */
  readonly resolutionsMs: readonly number[];
  /** The longest window read from each series; 0 for a minute series that only candles use. */
  readonly spansMs: readonly number[];
  readonly minuteSeries: number;
  readonly windows: readonly WindowShape[];
  readonly longest: WindowShape;
  readonly longestMs: number;
  /** The coarsest bucket. Swaps are let go by whole buckets of it, so that a bucket's swaps are all there or all gone. */
  readonly grainMs: number;
  /** A token is forgotten when the end of its last minute is this far behind the minute of the partition's watermark. */
  readonly forgetMs: number;
  /** The least priced value in micro-dollars, as limbs. */
  readonly priceMin: Float64Array;
}

export function shapeOf(rules: Rules): Shape {
  checkRules(rules);
  const resolutionsMs = [...new Set([...rules.windows.map((window) => window.resolutionMs), MINUTE_MS])].toSorted(
    (a, b) => a - b,
  );
  const windows = rules.windows.map(({ name, lengthMs, resolutionMs }) => ({
    name,
    series: resolutionsMs.indexOf(resolutionMs),
    resolutionMs,
    buckets: lengthMs / resolutionMs,
  }));
  const longestMs = longestWindow(rules).lengthMs;
  const grainMs = resolutionsMs[resolutionsMs.length - 1]!;
  return {
    rules,
    resolutionsMs,
    spansMs: resolutionsMs.map((resolution) =>
      Math.max(0, ...rules.windows.filter((w) => w.resolutionMs === resolution).map((w) => w.lengthMs)),
    ),
    minuteSeries: resolutionsMs.indexOf(MINUTE_MS),
    windows,
    longest: windows[rules.windows.indexOf(longestWindow(rules))]!,
    longestMs,
    grainMs,
    forgetMs: longestMs + Math.max(rules.latenessMs, READ_SLACK_MS + grainMs),
    priceMin: priceMinLimbs(rules.priceMinUsd),
  };
}

/** USD is kept in whole micro-dollars, so a finer minimum means the next micro-dollar above it. */
function priceMinLimbs(priceMinUsd: string): Float64Array {
  const exact = parseScaled(priceMinUsd, 18);
  const micros = (exact + 999_999_999_999n) / 1_000_000_000_000n;
  const limbs = new Float64Array(2);
  parseUsdLimbs(formatScaled(micros, 6), limbs);
  return limbs;
}
