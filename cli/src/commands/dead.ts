import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { action } from '../command.ts';
import { parseSince, parseWhere, type Where } from '../dead/filter.ts';
import { list } from './dead/list.ts';
import { replay } from './dead/replay.ts';
import { show } from './dead/show.ts';

const listHelp = `
Examples:
  npm run tidemark -- dead list                            the newest, and how many of each code
  npm run tidemark -- dead list --code SCHEMA --since 2h
  npm run tidemark -- dead list --partition 3 --json`;

const showHelp = `
Examples:
  npm run tidemark -- dead show 3@41                       what was rejected and why, and what would be said of it today
  npm run tidemark -- dead show 3@41 --raw > record.json   its bytes as they were`;

const replayHelp = `
A record is sent to swaps with its token as its key, together with a mark in swaps.dead in one transaction: once, however often the
command is run, killed, or run beside another one. What would surely be rejected again is refused.

Examples:
  npm run tidemark -- dead replay 3@41 --with record.json  a corrected record instead of its own bytes
  npm run tidemark -- dead replay --code FUTURE --dry-run  which would be sent
  npm run tidemark -- dead replay --code PARTITION_MISMATCH --since 1h`;

/** What was rejected. */
export function addDead(program: Command): void {
  const dead = program
    .command('dead')
    .description('records that were rejected: which and why, and send them again after a fix');
  withFilters(dead.command('list').description('the newest dead letters, and how many there are of each code'))
    .option('--limit <n>', 'show so many', countUpTo(10_000), 20)
    .option('--json', 'print data')
    .addHelpText('after', listHelp)
    .action(action(list));
  dead
    .command('show')
    .description('one dead letter with all that is known of it')
    .argument('<where>', 'the record that was rejected: <partition>@<offset>', parseWhere)
    .option('--topic <name>', 'its topic, with TOPIC_PREFIX')
    .option('--raw', 'write its bytes, as they were')
    .option('--json', 'print data')
    .addHelpText('after', showHelp)
    .action(action(show));
  withFilters(dead.command('replay').description('send rejected records to swaps again, each once'))
    .argument('[where...]', 'the records that were rejected: <partition>@<offset>', collectWheres)
    .option('--with <file>', 'send the bytes of the file instead of the one record named')
    .option('--all', 'every dead letter that was not replayed yet')
    .option('--limit <n>', 'send so many at most', countUpTo(10_000), 1_000)
    .option('--dry-run', 'show what would be sent; sends nothing')
    .addHelpText('after', replayHelp)
    .action(action(replay));
}

function withFilters(command: Command): Command {
  return command
    .option('--code <code>', 'rejected with this code')
    .option('--topic <name>', 'rejected from this topic, with TOPIC_PREFIX')
    .option('--partition <n>', 'rejected from this partition', partitionNumber)
    .option('--since <when>', 'rejected since: an age such as 2h, or a moment such as 2026-01-31T12:00Z', (text) =>
      parseSince(text, Date.now()),
    );
}

function collectWheres(text: string, former: Where[] = []): Where[] {
  return [...former, parseWhere(text)];
}

function partitionNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a partition number');
}

function countUpTo(most: number) {
  return (text: string): number => {
    if (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= most) return Number(text);
    throw new InvalidArgumentError(`expected a whole number from 1 to ${most}`);
  };
}
