import { formatMarkdownTable, type Recorded } from '@tidemark/testing';
import type { Section } from '../measure.ts';
import type { CheckpointData } from './measure.ts';
import type { SizeRow } from './sizes.ts';
import type { StallRow } from './stalls.ts';

type Result = Recorded<CheckpointData>;

/** The newest run. */
export function checkpointSection(results: readonly Result[]): Section {
  const { recordedAt, commit, seed, command, machine, data } = results.at(-1)!;
  const run = [
    `Newest run: ${recordedAt.slice(0, 16).replace('T', ' ')} UTC, commit ${commit ?? 'unknown'}, seed ${seed}, \`${command}\`,`,
    `on ${machine.cores} cores of ${machine.cpu}, Node ${machine.node}.`,
  ].join('\n');
  return { markdown: [run, sizeTable(data.sizes), stallTable(data.stalls)].join('\n\n'), charts: [] };
}

function sizeTable(rows: readonly SizeRow[]): string {
  return formatMarkdownTable(rows, [
    { title: 'tokens', align: 'right', value: ({ tokens }) => String(tokens) },
    { title: 'changing', align: 'right', value: ({ changes }) => String(changes) },
    { title: 'whole state, KiB', align: 'right', value: ({ fullBytes }) => kibibytes(fullBytes) },
    { title: 'a checkpoint, KiB', align: 'right', value: ({ deltaBytes }) => kibibytes(deltaBytes) },
    { title: 'of the whole', align: 'right', value: ({ deltaBytes, fullBytes }) => percent(deltaBytes / fullBytes) },
    { title: 'bases for each, KiB', align: 'right', value: ({ baseBytes }) => kibibytes(baseBytes) },
    {
      title: 'with bases, of the whole',
      align: 'right',
      value: ({ deltaBytes, baseBytes, fullBytes }) => percent((deltaBytes + baseBytes) / fullBytes),
    },
    { title: 'over', align: 'right', value: ({ checkpoints }) => String(checkpoints) },
  ]);
}

function stallTable(rows: readonly StallRow[]): string {
  return formatMarkdownTable(rows, [
    { title: 'state', value: ({ name }) => name },
    { title: 'bases, MiB', align: 'right', value: ({ baseBytes }) => (baseBytes / 2 ** 20).toFixed(1) },
    { title: 'largest shard in one go, ms', align: 'right', value: ({ largestShardMs }) => largestShardMs.toFixed(1) },
    { title: 'longest turn, ms', align: 'right', value: ({ plain }) => plain.elapsedMs.toFixed(1) },
    { title: 'of the processor, ms', align: 'right', value: ({ plain }) => plain.processorMs.toFixed(1) },
    { title: 'rewriting all bases, ms', align: 'right', value: ({ rewriting }) => rewriting.elapsedMs.toFixed(1) },
    { title: 'of the processor, ms', align: 'right', value: ({ rewriting }) => rewriting.processorMs.toFixed(1) },
    { title: 'over checkpoints', align: 'right', value: ({ checkpoints }) => String(checkpoints) },
  ]);
}

function kibibytes(bytes: number): string {
  return (bytes / 1_024).toFixed(1);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)} %`;
}
