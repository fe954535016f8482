import { exitCodes } from '@tidemark/runtime';
import { CommanderError } from 'commander';
import { createProgram } from './program.ts';

try {
  await createProgram().parseAsync();
} catch (error) {
  // Help ends the parsing too, with exit code 0. Errors of the commands themselves do not come here.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? exitCodes.clean : exitCodes.configuration;
}
