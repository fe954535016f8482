const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// There is nothing to close yet. The number stands here because this module imports nothing, to be there first.
const end = () => process.exit(0);

/** Ends the process as asked by a signal. For the time before anybody else listens, in which PID 1 would never see it. */
export function endOnSignals(): void {
  for (const signal of signals) process.on(signal, end);
}

export function leaveSignalsToOthers(): void {
  for (const signal of signals) process.off(signal, end);
}
