import { CodedError, exitCodeOf, exitCodes, onStopRequest } from '@tidemark/runtime';
import { CommanderError } from 'commander';
import { say } from './output.ts';
import { runProgram } from './program.ts';

/** As a shell reports it for Ctrl-C. */
const stoppedExitCode = 130;
const stopping = new AbortController();

/** The first asks to stop in good order: what there is is printed, servers are stopped. A later one ends it at once. */
onStopRequest(
  (reason) => {
    say(`stopping (${reason}); once more ends it at once`);
    stopping.abort(new Error('stopped'));
  },
  () => process.exit(stoppedExitCode),
);

try {
  const passed = await runProgram(stopping.signal);
  process.exitCode = stopping.signal.aborted ? stoppedExitCode : passed ? exitCodes.clean : 1;
} catch (error) {
  process.exitCode = endedBy(error as Error);
}
// A client that is still connected must not hold the process.
process.exit();

/** Says what ended the run; answers with the exit code. */
function endedBy(error: Error): number {
  // What the command line lacks has been said, and so has help, which ends the parsing too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.clean : exitCodes.configuration;
  if (stopping.signal.aborted) return stoppedExitCode;
  say(error instanceof CodedError ? `${error.code}: ${error.message}` : (error.stack ?? error.message));
  return exitCodeOf(error);
}
