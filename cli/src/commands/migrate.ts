import { migrate, postgresConnection, postgresSettings } from '@tidemark/store';
import type { Command } from 'commander';
import { z } from 'zod';
import { action, commandLogger, settingsOf } from '../command.ts';
import { print } from '../output.ts';

const schema = z.object(postgresSettings);

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('bring the database to the schema of this release; may be run at any time')
    .action(action(() => runMigrations()));
}

async function runMigrations(): Promise<void> {
  const applied = await migrate({ ...postgresConnection(settingsOf(schema)), log: commandLogger('warn') });
  for (const name of applied) print(`applied ${name}`);
  print(applied.length === 0 ? 'the schema is current' : `the schema is current: ${applied.length} applied`);
}
