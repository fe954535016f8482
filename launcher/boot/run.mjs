import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname } from 'node:path';

const parentPollMs = 1_000;

/**
 * Runs a TypeScript entry on Node 24 in this terminal and ends as it ends. The channel between the two tells the entry when
 * this process is killed.
 */
export async function runEntry(node, entry, args) {
  const child = spawn(node, [entry, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // Scripts that it runs in turn find the same Node.
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH || ''}` },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C in a terminal has reached the whole group already.
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  const watch = watchNpm(() => child.kill('SIGHUP'));
  const exitCode = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code === null ? 128 + constants.signals[signal] : code));
  });
  clearInterval(watch);
  process.exit(exitCode);
}

/** npm that is killed cannot pass that on: what it ran would go on with nobody to stop it. */
function watchNpm(onGone) {
  const parent = process.ppid;
  if (!process.env.npm_lifecycle_event) return undefined;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    onGone();
  }, parentPollMs);
  watch.unref();
  return watch;
}
