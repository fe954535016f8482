import { Command } from 'commander';
import { addErrors } from './commands/errors.ts';
import { addMigrate } from './commands/migrate.ts';
import { addRebuild } from './commands/rebuild.ts';
import { addRecord } from './commands/record.ts';
import { addStatus } from './commands/status.ts';
import { addTopics } from './commands/topics.ts';

const help = `
Addresses come from KAFKA_BROKERS, DATABASE_URL and REDIS_URL, or from an \`npm start\` that runs in TIDEMARK_DIR
(.tidemark). Data goes to standard output, notes to standard error. The exit code is 0, 75 (try again), 78 (settings or
stored state need a person) or 70 (a defect).

Examples:
  npm run tidemark -- topics create
  npm run tidemark -- migrate
  npm run tidemark -- status
  npm run tidemark -- rebuild --dry-run
  npm run tidemark -- record --out swaps.jsonl --until-end
  npm run tidemark -- errors TOPIC_MISMATCH`;

/** The command line, without running it. What it cannot parse is printed, and thrown as a CommanderError. */
export function createProgram(): Command {
  const program = new Command('tidemark')
    .description('Operate Tidemark: topics, database, status, rebuilds, recordings.')
    .addHelpText('after', help)
    .configureOutput({ outputError: (text, write) => write(`OPTION_INVALID: ${text.replace(/^error: /, '')}`) })
    .showHelpAfterError('See `--help`.')
    .exitOverride();
  addTopics(program);
  addMigrate(program);
  addStatus(program);
  addRebuild(program);
  addRecord(program);
  addErrors(program);
  return program;
}
