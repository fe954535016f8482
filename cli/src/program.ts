import { Command } from 'commander';
import { addErrors } from './commands/errors.ts';
import { addMigrate } from './commands/migrate.ts';
import { addTopics } from './commands/topics.ts';

const help = `
Addresses come from KAFKA_BROKERS, DATABASE_URL and REDIS_URL, or from an \`npm start\` that runs in TIDEMARK_DIR
(.tidemark). Data goes to standard output, notes to standard error. The exit code is 0, 75 (try again), 78 (settings or
stored state need a person) or 70 (a defect).

Examples:
  npm run tidemark -- topics create
  npm run tidemark -- migrate
  npm run tidemark -- errors TOPIC_MISMATCH`;

/** The command line, without running it. */
export function createProgram(): Command {
  const program = new Command('tidemark')
    .description('Operate Tidemark: topics, database, status, recordings.')
    .addHelpText('after', help)
    .showHelpAfterError('(--help lists the commands and options)');
  addTopics(program);
  addMigrate(program);
  addErrors(program);
  return program;
}
