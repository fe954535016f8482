import type { Column } from '../output.ts';
import type { PartitionPlan } from './plan.ts';

const time = (ms: number | null) => (ms === null ? '-' : new Date(ms).toISOString());

export const planColumns: Column<PartitionPlan>[] = [
  { title: 'PARTITION', value: ({ partition }) => String(partition), align: 'right' },
  { title: 'GENERATION', value: ({ supersedes }) => (supersedes === 0 ? '-' : String(supersedes)), align: 'right' },
  { title: 'FROM', value: ({ fromOffset }) => String(fromOffset), align: 'right' },
  { title: 'END', value: ({ endOffset }) => String(endOffset), align: 'right' },
  { title: 'RECORDS', value: ({ fromOffset, endOffset }) => String(endOffset - fromOffset), align: 'right' },
  { title: 'LOG BEGINS', value: ({ logBeganMs }) => time(logBeganMs) },
  { title: 'CANDLES FROM', value: ({ candlesFromMs }) => (candlesFromMs === 0 ? 'all' : time(candlesFromMs)) },
];

/** What a rebuild cannot get back, in words. */
export function planNotes(plans: readonly PartitionPlan[]): string[] {
  return plans.flatMap((plan) => {
    if (plan.incomplete.length === 0) return [];
    const windows = plan.incomplete.map(({ window, untilMs }) => `${window} until ${time(untilMs)}`);
    return [`partition ${plan.partition}: ${reasonOf(plan)}; windows that are incomplete: ${windows.join(', ')}`];
  });
}

function reasonOf({ loss, logBeganMs }: PartitionPlan): string {
  if (loss === 'other partition count')
    return 'of tokens that come from other partitions it holds the latest records alone';
  return logBeganMs === null ? 'the log is empty' : `the log begins at ${time(logBeganMs)}`;
}
