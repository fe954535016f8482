import { randomInt } from 'node:crypto';
import { startTemporaryStack } from '@tidemark/stack';
import { Command, InvalidArgumentError } from 'commander';
import { print, say } from './output.ts';
import { type Kind, record, writeReport } from './report.ts';
import { type RunOptions, runScenario, type ScenarioResult } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { runSoak } from './soak.ts';
import { formatResults } from './table.ts';

const help = `
The raw results of a run that was not stopped go to e2e/faults/results/, and the tables in e2e/faults/README.md are written anew.

Examples:
  npm run faults                                   every scenario, under 40 minutes on two cores
  npm run faults -- redis-killed row-locked        two of them
  npm run faults -- --seed 7 --no-record           the same again, leaving no trace
  npm run faults -- --soak 30m                     faults at random, with quiet periods`;

const largestSeed = 2 ** 31;

interface Options {
  seed?: number;
  list?: true;
  /** In minutes. */
  soak?: number;
  record: boolean;
  report?: true;
}

/** Parses the command line and does what it says; resolves to whether all passed. */
export async function runProgram(signal: AbortSignal): Promise<boolean> {
  let passed = true;
  await new Command('npm run faults --')
    .description('Runs aggregators through faults, on servers of its own, and compares every figure with the oracle.')
    .argument('[scenarios...]', 'which to run; all of them when none is named', addNamed, [])
    .option('--list', 'print the scenarios')
    .option(
      '--seed <n>',
      'of the load and the moments of the faults; a random one by default, which is recorded',
      seedOf,
    )
    .option('--soak <minutes>', 'mix the faults at random for so long, such as 30m', minutesOf)
    .option('--no-record', 'print the results and keep nothing')
    .option('--report', 'write the tables in e2e/faults/README.md anew from e2e/faults/results/')
    .addHelpText('after', help)
    .configureOutput({ outputError: (text, write) => write(`OPTION_INVALID: ${text.replace(/^error: /, '')}`) })
    .showHelpAfterError('See `--help`.')
    .exitOverride()
    .action(async (chosen: Scenario[], options: Options) => {
      if (options.list) return printList();
      if (options.report) return writeReport();
      passed = await run(chosen.length === 0 ? scenarios : chosen, options, signal);
    })
    .parseAsync();
  return passed;
}

function addNamed(name: string, before: Scenario[]): Scenario[] {
  const scenario = scenarios.find((one) => one.name === name);
  if (scenario) return [...before, scenario];
  throw new InvalidArgumentError('`--list` prints the scenarios');
}

function seedOf(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text) && Number(text) <= largestSeed) return Number(text);
  throw new InvalidArgumentError(`expected a whole number from 1 to ${largestSeed}`);
}

function minutesOf(text: string): number {
  const minutes = Number(/^([1-9]\d{0,3})m$/.exec(text)?.[1]);
  if (Number.isInteger(minutes)) return minutes;
  throw new InvalidArgumentError('expected minutes such as 30m');
}

function printList(): void {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  for (const { name, description } of scenarios) print(`${name.padEnd(width)}  ${description}`);
}

async function run(chosen: readonly Scenario[], options: Options, signal: AbortSignal): Promise<boolean> {
  const { seed = randomInt(1, largestSeed), soak } = options;
  const kind: Kind = soak === undefined ? 'scenarios' : 'soak';
  const results: ScenarioResult[] = [];
  const { stack, dispose } = await startTemporaryStack({ prefix: 'tidemark-faults-', onProgress: say });
  try {
    const runOptions = { stack, seed, signal, say };
    if (soak === undefined) await runAll(chosen, runOptions, results);
    else results.push(await runSoak({ ...runOptions, minutes: soak }));
  } finally {
    await dispose();
    print(formatResults(results));
  }
  if (options.record && !signal.aborted) say(`recorded in ${await record(kind, seed, results)}`);
  return results.every(({ passed }) => passed);
}

/** One after the other; what there is of results when it is stopped stays. */
async function runAll(chosen: readonly Scenario[], options: RunOptions, results: ScenarioResult[]): Promise<void> {
  for (const scenario of chosen) {
    options.signal.throwIfAborted();
    say(`${scenario.name}, seed ${options.seed}: ${scenario.description}`);
    const result = await runScenario(scenario, options);
    say(`  ${result.passed ? 'passed' : 'FAILED'} in ${result.seconds} s`);
    results.push(result);
  }
}
