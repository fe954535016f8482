import { exitCodes } from '@tidemark/runtime';
import type { ServiceExit } from './service-process.ts';

export const firstPauseMs = 1_000;
export const longestPauseMs = 30_000;
/** A run as long as this was a healthy one, so its end is counted as the first. */
export const healthyMs = 60_000;

/** What to make of a process that ended although nobody stopped it. */
export type Verdict = 'finished' | 'hopeless' | 'restart';

export function verdictOf({ code }: ServiceExit): Verdict {
  if (code === exitCodes.clean) return 'finished';
  return code === exitCodes.configuration ? 'hopeless' : 'restart';
}

/** How long to wait before the next start, after so many failures in a row: 1 s, doubling up to 30 s. */
export function pauseMs(failuresInARow: number): number {
  return Math.min(firstPauseMs * 2 ** (failuresInARow - 1), longestPauseMs);
}

export function describeExit({ code, signal }: ServiceExit): string {
  if (signal) return `was ended by ${signal}`;
  if (code === exitCodes.clean) return 'finished';
  if (code === exitCodes.temporary) return `ended with ${code}: what it depends on is away`;
  if (code === exitCodes.configuration) return `ended with ${code}: its configuration or stored state needs a person`;
  return `ended with ${code}`;
}
