import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 250;
const defaultTimeoutMs = 180_000;

/** Resolves once the condition holds; an error of it counts as not yet. Rejects past the bound, with the last error as cause. */
export async function eventually(
  what: string,
  condition: () => Promise<boolean>,
  timeoutMs = defaultTimeoutMs,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      if (await condition()) return;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause: last });
    await sleep(pollMs);
  }
}
