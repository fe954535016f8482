import { exitCodeOf, onStopRequest } from '@tidemark/runtime';
import { ProcessRegistry, sendSignal } from '@tidemark/stack';
import { describeError, printError } from '../output.ts';
import { removeStackFile } from '../stack-file.ts';
import { Display } from './display.ts';
import { startOptions } from './options.ts';
import { runStart } from './run-start.ts';

const forcedExitCode = 130;

const stopping = new AbortController();
const display = new Display(process.stdout);

try {
  const options = startOptions(process.argv.slice(2), process.env);
  if (options) {
    onStopRequest(
      (reason) => {
        display.step(`stopping (${reason}); once more stops by force`);
        stopping.abort();
      },
      () => {
        for (const { pid } of new ProcessRegistry(options.dir).alive()) sendSignal(pid, 'SIGKILL');
        removeStackFile(options.dir);
        process.exit(forcedExitCode);
      },
    );
    await runStart(options, display, stopping.signal);
  }
} catch (error) {
  printError(describeError(error));
  process.exitCode = exitCodeOf(error);
}
// Nothing is left to wait for; a connection kept alive must not hold the process.
process.exit();
