import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readResults, replaceBlock } from '@tidemark/testing';
import type { Chart } from '../measure.ts';
import { measures } from '../measures.ts';
import { resultsDir } from '../results-dir.ts';

const benchDir = join(import.meta.dirname, '..', '..');
export const readmeFile = join(benchDir, 'README.md');
const notRecorded = 'No run is recorded yet.';

export interface Report {
  readme: string;
  charts: Chart[];
}

/** The README with the block of each measure, and the charts in it, as the recorded results have them. */
export function makeReport(readme: string): Report {
  const charts: Chart[] = [];
  for (const { name, section } of measures) {
    const results = readResults<never>(name, resultsDir);
    const { markdown, charts: own } = results.length === 0 ? { markdown: notRecorded, charts: [] } : section(results);
    readme = replaceBlock(readme, { name, command: 'npm run bench -- report' }, markdown);
    charts.push(...own);
  }
  return { readme, charts };
}

export function chartFile(name: string): string {
  return join(benchDir, 'charts', `${name}.svg`);
}

/** Brings the README and the charts up to date. */
export function writeReport(): void {
  const { readme, charts } = makeReport(readFileSync(readmeFile, 'utf8'));
  writeFileSync(readmeFile, readme);
  for (const { name, svg } of charts) {
    mkdirSync(dirname(chartFile(name)), { recursive: true });
    writeFileSync(chartFile(name), svg);
  }
}
