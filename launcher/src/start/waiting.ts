import { CodedError } from '@tidemark/runtime';

/** Resolves once the signal is raised. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

export interface Bound {
  boundMs: number;
  signal: AbortSignal;
  /** Says what did not happen in time. */
  what: () => string;
}

/** The result of the work; rejects with SERVICE_FAILED past the bound, and with the signal's reason when it is raised. */
export async function within<T>(work: Promise<T>, { boundMs, signal, what }: Bound): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new CodedError('SERVICE_FAILED', `${what()} within ${boundMs} ms`)), boundMs);
  });
  const stopped = untilAborted(signal).then(() => {
    signal.throwIfAborted();
    throw new Error('unreachable');
  });
  stopped.catch(() => undefined);
  try {
    return await Promise.race([work, tooLate, stopped]);
  } finally {
    clearTimeout(timer);
  }
}
