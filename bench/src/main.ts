import { CodedError, exitCodeOf, exitCodes } from '@tidemark/runtime';
import { CommanderError } from 'commander';
import { say } from './output.ts';
import { createProgram } from './program.ts';

/** As a shell reports it for Ctrl-C. */
const stoppedExitCode = 130;
/** One Ctrl-C arrives up to three times: from the terminal, from npm and from launch.mjs. */
const sameRequestMs = 1_000;
const stopping = new AbortController();
let firstRequestMs: number | undefined;

/** The first asks to stop in good order: servers are stopped, and their folder is removed. A later one ends it at once. */
function onStopRequest(reason: string): void {
  const nowMs = performance.now();
  if (firstRequestMs === undefined) {
    firstRequestMs = nowMs;
    say(`stopping (${reason}); once more ends it at once`);
    stopping.abort(new Error('stopped'));
  } else if (nowMs - firstRequestMs > sameRequestMs) {
    process.exit(stoppedExitCode);
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => onStopRequest(signal));
// The channel to launch.mjs tells of its end alone; it is no reason to keep running.
process.on('disconnect', () => onStopRequest('the launcher was killed'));
process.channel?.unref();

try {
  await createProgram(stopping.signal).parseAsync();
} catch (error) {
  process.exitCode = endedBy(error as Error);
}
// A client that is still connected must not hold the process.
process.exit();

/** Says what ended the run; answers with the exit code. */
function endedBy(error: Error): number {
  // What the command line lacks has been said, and so has help, which ends the parsing too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.clean : exitCodes.configuration;
  if (stopping.signal.aborted) {
    say('stopped; nothing is recorded');
    return stoppedExitCode;
  }
  say(error instanceof CodedError ? `${error.code}: ${error.message}` : (error.stack ?? error.message));
  return exitCodeOf(error);
}
