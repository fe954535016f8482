import { formatMarkdownTable } from '@tidemark/testing';
import { hasHit, type ScenarioResult } from './run-scenario.ts';

/** One line a scenario, as Markdown. */
export function formatResults(results: readonly ScenarioResult[]): string {
  return formatMarkdownTable(results, [
    { title: 'scenario', value: ({ scenario }) => scenario },
    { title: 'result', value: outcomeOf },
    {
      title: 'faults that hit',
      align: 'right',
      value: ({ hits }) => `${hits.filter(hasHit).length} of ${hits.length}`,
    },
    { title: 'records', align: 'right', value: ({ verdict }) => verdictText(verdict?.records) },
    { title: 'wrong fields', align: 'right', value: ({ verdict }) => verdictText(verdict?.wrongFields.count) },
    { title: 'versions gone back', align: 'right', value: ({ verdict }) => verdictText(verdict?.wentBack.count) },
    {
      title: 'wrong dead letters',
      align: 'right',
      value: ({ verdict }) => verdictText(verdict?.wrongLetters.count),
    },
    { title: 'time to recover, s', align: 'right', value: recoveryText },
    { title: 'seed', align: 'right', value: ({ seed }) => String(seed) },
  ]);
}

function outcomeOf({ passed, skipped }: ScenarioResult): string {
  if (skipped !== null) return `skipped: ${skipped}`;
  return passed ? 'passed' : 'FAILED';
}

function verdictText(count: number | undefined): string {
  return count === undefined ? '' : String(count);
}

/** From the shortest to the longest. */
function recoveryText({ hits }: ScenarioResult): string {
  const seconds = hits.flatMap(({ recoverMs }) => (recoverMs === null ? [] : [recoverMs / 1_000]));
  if (seconds.length === 0) return '';
  const [least, most] = [Math.min(...seconds).toFixed(1), Math.max(...seconds).toFixed(1)];
  return least === most ? least : `${least} to ${most}`;
}
