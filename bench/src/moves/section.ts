import { formatMarkdownTable, type Recorded } from '@tidemark/testing';
import type { Section } from '../measure.ts';
import type { Move, MovesData, Standstill } from './measure.ts';

type Result = Recorded<MovesData>;

interface Row extends Move {
  result: Result;
}

/** Every run, the newest first. */
export function movesSection(results: readonly Result[]): Section {
  const newestFirst = results.toReversed();
  const rows = newestFirst.flatMap((result) => result.data.moves.map((move): Row => ({ ...move, result })));
  return { markdown: [...newestFirst.map(runText), table(rows)].join('\n\n'), charts: [] };
}

function runText({ recordedAt, commit, seed, command, machine, data }: Result): string {
  const { options, preloaded, exactness } = data;
  return [
    `Run of ${minuteOf(recordedAt)} UTC, commit ${commit ?? 'unknown'}, seed ${seed}, \`${command}\`,`,
    `on ${machine.cores} cores of ${machine.cpu}, Node ${machine.node}, Kafka ${machine.kafka}. A state of ${preloaded} records, ${options.rate} swaps/s of`,
    `${options.tokens} tokens in ${options.partitions} partitions. Afterwards all figures of all ${exactness.tokens} tokens were equal to the oracle's:`,
    `${exactness.records} records, ${exactness.counted} counted. The whole machine was busy ${data.machineBusyPercent} % of a core (of ${machine.cores * 100}).`,
  ].join('\n');
}

function minuteOf(recordedAt: string): string {
  return recordedAt.slice(0, 16).replace('T', ' ');
}

function table(rows: readonly Row[]): string {
  return formatMarkdownTable(rows, [
    { title: 'run', value: ({ result }) => minuteOf(result.recordedAt) },
    { title: 'state, records', align: 'right', value: ({ result }) => String(result.data.preloaded) },
    { title: 'a second aggregator', value: ({ cause }) => cause },
    { title: 'moved', align: 'right', value: ({ moved }) => String(moved.partitions) },
    { title: 'restored in, ms', align: 'right', value: ({ moved }) => longest(moved, 'longestRestoreMs') },
    { title: 'longest swap, ms', align: 'right', value: ({ moved }) => longest(moved, 'longestMs') },
    { title: 'kept', align: 'right', value: ({ kept }) => String(kept.partitions) },
    { title: 'confirmed in, ms', align: 'right', value: ({ kept }) => longest(kept, 'longestRestoreMs') },
    { title: 'longest swap of those, ms', align: 'right', value: ({ kept }) => longest(kept, 'longestMs') },
    { title: 'before, ms', align: 'right', value: ({ usualMs }) => usualMs.toFixed(0) },
  ]);
}

function longest(standstill: Standstill, key: 'longestRestoreMs' | 'longestMs'): string {
  return standstill.partitions === 0 ? '' : standstill[key].toFixed(0);
}
