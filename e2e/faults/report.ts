import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  currentCommit,
  describeMachine,
  type Recorded,
  readResults,
  recordResult,
  replaceBlock,
} from '@tidemark/testing';
import type { ScenarioResult } from './run-scenario.ts';
import { scenarios } from './scenarios.ts';
import { formatResults } from './table.ts';

/** What is recorded: runs of scenarios, and soaks. */
export type Kind = 'scenarios' | 'soak';
type Run = Recorded<ScenarioResult[]>;

const resultsDir = join(import.meta.dirname, 'results');
export const readmeFile = join(import.meta.dirname, 'README.md');
const command = 'npm run faults -- --report';
const notRecorded = 'No run is recorded yet.';

/** Keeps the results of a run, and brings the README up to date; answers with the new file. */
export async function record(kind: Kind, seed: number, results: ScenarioResult[]): Promise<string> {
  const file = recordResult(
    {
      measure: kind,
      recordedAt: new Date().toISOString(),
      command: `npm run faults -- ${process.argv.slice(2).join(' ')}`.trim().replace(/ --$/, ''),
      commit: await currentCommit(),
      seed,
      machine: describeMachine(),
      data: results,
    },
    resultsDir,
  );
  writeReport();
  return file;
}

export function writeReport(): void {
  writeFileSync(readmeFile, makeReport(readFileSync(readmeFile, 'utf8')));
}

/** The README with its tables as the recorded results have them. */
export function makeReport(readme: string): string {
  const runs = readResults<ScenarioResult[]>('scenarios', resultsDir);
  const soaks = readResults<ScenarioResult[]>('soak', resultsDir);
  const withScenarios = replaceBlock(readme, { name: 'scenarios', command }, scenarioTable(runs));
  return replaceBlock(withScenarios, { name: 'soak', command }, soakTable(soaks));
}

/** The newest result of each scenario that there is. */
function scenarioTable(runs: readonly Run[]): string {
  const newest = new Map<string, { result: ScenarioResult; run: Run }>();
  for (const run of runs) for (const result of run.data) newest.set(result.scenario, { result, run });
  const rows = scenarios.flatMap(({ name }) => newest.get(name) ?? []);
  if (rows.length === 0) return notRecorded;
  const used = new Set(rows.map(({ run }) => run));
  return [formatResults(rows.map(({ result }) => result)), 'Recorded:', [...used].map(runLine).join('\n')].join('\n\n');
}

function soakTable(soaks: readonly Run[]): string {
  const newest = soaks.at(-1);
  if (newest === undefined) return notRecorded;
  return [formatResults(newest.data), faultCounts(newest.data), runLine(newest)].join('\n\n');
}

function faultCounts(results: readonly ScenarioResult[]): string {
  const counts = Map.groupBy(
    results.flatMap(({ hits }) => hits),
    ({ fault }) => fault,
  );
  return [...counts].map(([fault, hits]) => `${hits.length} x ${fault}`).join('; ');
}

function runLine({ recordedAt, commit, command: by, machine }: Run): string {
  const at = recordedAt.slice(0, 16).replace('T', ' ');
  return `- ${at} UTC, commit ${commit ?? 'unknown'}, \`${by}\`, ${machine.cores} cores of ${machine.cpu}, Node ${machine.node}, Kafka ${machine.kafka}`;
}
