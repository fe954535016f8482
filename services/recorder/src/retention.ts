import type { Logger } from '@tidemark/runtime';
import type { SwapDays } from '@tidemark/store';

export interface RetentionOptions {
  days: SwapDays;
  /** Of event time. */
  keepDays: number;
  nowMs: () => number;
  log: Logger;
}

const dayMs = 86_400_000;
const lookIntervalMs = 600_000;
/** Tomorrow is made before it begins, so that its first swap waits for nobody. */
const aheadMs = dayMs;

/** Makes days before they are needed, and drops those that are no longer kept. */
export function keepDays(options: RetentionOptions): { stop(): void } {
  const { log } = options;
  const look = () =>
    lookAtDays(options).catch((error: Error) =>
      log.warn({ error }, `the days of swaps are looked at again later: ${error.message}`),
    );
  void look();
  const timer = setInterval(() => void look(), lookIntervalMs);
  return { stop: () => clearInterval(timer) };
}

async function lookAtDays({ days, keepDays: kept, nowMs, log }: RetentionOptions): Promise<void> {
  await days.ensure([nowMs(), nowMs() + aheadMs]);
  if (kept === 0) return;
  const dropped = await days.dropBefore(nowMs() - kept * dayMs);
  if (dropped.length > 0) log.info({ dropped }, 'days of swaps are no longer kept');
}
