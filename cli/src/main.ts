import { exitCodes } from '@tidemark/runtime';
import { CommanderError } from 'commander';
import { createProgram } from './program.ts';

// The reader of the output may have seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exitCodes.clean);
});

try {
  await createProgram().parseAsync();
} catch (error) {
  // Help ends the parsing too, with exit code 0. Errors of the commands themselves do not come here.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? exitCodes.clean : exitCodes.configuration;
}
