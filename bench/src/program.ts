import { randomInt } from 'node:crypto';
import { currentCommit, describeMachine, recordResult } from '@tidemark/testing';
import { Command } from 'commander';
import type { Measure, RunContext } from './measure.ts';
import { measures } from './measures.ts';
import { positiveInteger } from './options.ts';
import { print, say } from './output.ts';
import { writeReport } from './report/report.ts';
import { resultsDir } from './results-dir.ts';

const help = `
Each run starts servers and services of its own, and ends by comparing every figure with the oracle's. Its raw result
goes to bench/results/, and bench/README.md is written anew from those.

Examples:
  npm run bench                                everything
  npm run bench -- live                        one measure
  npm run bench -- live --minutes 1 --no-record  a trial that leaves no trace`;

interface CommonOptions {
  seed?: number;
  record: boolean;
}

const largestSeed = 2 ** 31;

/** The command line, without running it. What it cannot parse is printed, and thrown as a CommanderError. */
export function createProgram(signal: AbortSignal): Command {
  const program = new Command('npm run bench --')
    .description('Measures Tidemark on this machine, against bare limits in the same run.')
    .addHelpText('after', help)
    .configureOutput({ outputError: (text, write) => write(`OPTION_INVALID: ${text.replace(/^error: /, '')}`) })
    .showHelpAfterError('See `--help`.')
    .exitOverride();
  for (const measure of measures) {
    const command = program
      .command(measure.name)
      .description(measure.description)
      .option('--seed <n>', 'of the load; a random one by default, which is recorded', positiveInteger)
      .option('--no-record', 'print the result and keep nothing');
    measure.configure(command).action((options: CommonOptions) => runMeasure(measure, options, signal));
  }
  program
    .command('all', { isDefault: true })
    .description('every measure, one after the other')
    .action(async () => {
      for (const { name } of measures) await program.parseAsync([name], { from: 'user' });
    });
  program.command('report').description('write bench/README.md anew from bench/results/').action(writeReport);
  return program;
}

async function runMeasure<Options extends object, Data>(
  measure: Measure<Options, Data>,
  given: CommonOptions & Options,
  signal: AbortSignal,
): Promise<void> {
  const { seed = randomInt(1, largestSeed), record, ...options } = given;
  const context: RunContext = { seed, signal, say };
  const commit = await currentCommit();
  say(`${measure.name}, seed ${seed}`);
  const data = await measure.run(context, options as unknown as Options);
  const result = {
    measure: measure.name,
    recordedAt: new Date().toISOString(),
    command: `npm run bench -- ${process.argv.slice(2).join(' ')}`.trim(),
    commit,
    seed,
    machine: describeMachine(),
    data,
  };
  print(measure.section([result]).markdown);
  if (!record) return;
  say(`recorded in ${recordResult(result, resultsDir)}`);
  writeReport();
}
