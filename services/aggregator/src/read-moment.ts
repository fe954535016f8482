export type ClockMode = 'wall' | 'event';

/** What the read moment follows from; times in ms, null before the first record. */
export interface Moment {
  nowMs: number;
  lastAppendMs: number | null;
  watermarkMs: number | null;
  /** Everything in the log was applied. */
  atEnd: boolean;
}

/** A read moment this far past both clocks was reached by a clock that ran ahead. */
export const clockToleranceMs = 2_000;

/** The moment that statistics are read at; null when there is nothing to read. Whoever uses it never steps back within an epoch. */
export function readMomentMs(mode: ClockMode, { nowMs, lastAppendMs, watermarkMs, atEnd }: Moment): number | null {
  if (mode === 'event') return watermarkMs;
  if (lastAppendMs === null) return atEnd ? nowMs : null;
  return atEnd ? Math.max(nowMs, lastAppendMs) : lastAppendMs;
}

/** True when the clock was stepped back after `tMs` was reached: only a new epoch may read earlier moments. */
export function clockRanAhead(mode: ClockMode, tMs: number, { nowMs, lastAppendMs }: Moment): boolean {
  return mode === 'wall' && tMs > Math.max(nowMs, lastAppendMs ?? 0) + clockToleranceMs;
}
