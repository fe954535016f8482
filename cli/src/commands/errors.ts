import { CodedError, catalogue, exitCodes } from '@tidemark/runtime';
import type { Command } from 'commander';
import { action } from '../command.ts';
import { print, printJson } from '../output.ts';

export function addErrors(program: Command): void {
  program
    .command('errors')
    .description('print every error code with its meaning and remedy')
    .argument('[code]', 'only this one')
    .option('--json', 'print data')
    .action(action((_, code: string | undefined, options: { json?: boolean }) => errors(code, options)));
}

async function errors(code: string | undefined, { json }: { json?: boolean }): Promise<void> {
  const entries = Object.entries(catalogue)
    .filter(([name]) => code === undefined || name === code.toUpperCase())
    .map(([name, { meaning, remedy, exit }]) => ({ code: name, meaning, remedy, exitCode: exitCodes[exit] }));
  if (entries.length === 0)
    throw new CodedError('OPTION_INVALID', `${code} is not an error code; \`errors\` alone lists all`);
  if (json) return printJson(entries);
  print(entries.map(({ code: name, meaning, remedy }) => `${name}\n  ${meaning}\n  ${remedy}`).join('\n'));
}
