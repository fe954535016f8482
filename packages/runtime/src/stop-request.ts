/** One Ctrl-C arrives up to three times: from the terminal, from npm and from launch.mjs. */
const sameRequestMs = 1_000;

/**
 * Asks to stop at SIGINT, SIGTERM, SIGHUP (a closed terminal) and when launch.mjs is gone; a second time, which is at least a
 * second later, asks to stop by force.
 */
export function onStopRequest(stop: (reason: string) => void, force: () => void): void {
  let firstMs: number | undefined;
  const request = (reason: string) => {
    const nowMs = performance.now();
    if (firstMs === undefined) {
      firstMs = nowMs;
      stop(reason);
    } else if (nowMs - firstMs > sameRequestMs) {
      force();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => request(signal));
  process.on('disconnect', () => request('the launcher was killed'));
  // The channel tells of that end alone; it is no reason to keep running.
  process.channel?.unref();
  // A closed terminal also closes the output, and writing to it must not end us before the servers are stopped.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
