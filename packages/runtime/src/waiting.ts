import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError, isCoded } from './errors.ts';
import type { Logger } from './logger.ts';

export interface WaitOptions {
  log: Logger;
  timeoutMs: number;
  signal: AbortSignal;
}

const firstPauseMs = 100;
const longestPauseMs = 2_000;

/**
 * Tries until it succeeds, saying what it waits for. Errors that waiting cannot mend (coded, not retryable) pass through at once.
 * @throws CodedError START_TIMEOUT past the bound, with the last error as cause; the signal's reason when aborted.
 */
export async function waitFor<T>(
  what: string,
  attempt: () => Promise<T>,
  { log, timeoutMs, signal }: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (isCoded(error) && !error.retryable) throw error;
      const message = error instanceof Error ? error.message : String(error);
      if (performance.now() + pauseMs > deadline) {
        throw new CodedError('START_TIMEOUT', `waited ${timeoutMs} ms for ${what}: ${message}`, { cause: error });
      }
      log.info({ waitingFor: what, reason: message }, `waiting for ${what}`);
      await sleep(pauseMs, undefined, { signal });
    }
  }
}
