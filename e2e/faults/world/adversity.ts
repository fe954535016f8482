import type { ConsumedRecord } from '@tidemark/kafka';
import type { Judged } from '@tidemark/testing';

/** How many records were of the kinds that make counting hard; a run that lacks one of them has shown less than it says. */
export interface Adversity {
  duplicates: number;
  late: number;
  future: number;
  /** Accepted although a later trade of their token had come before. */
  outOfOrder: number;
}

/** `log`: the verdicts over the records, both by partition. */
export function adversityOf(records: readonly ConsumedRecord[][], log: readonly Judged[]): Adversity {
  const found: Adversity = { duplicates: 0, late: 0, future: 0, outOfOrder: 0 };
  for (const [partition, { outcomes }] of log.entries()) {
    const newest = new Map<string, number>();
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.kind === 'duplicate') found.duplicates++;
      else if (outcome.kind === 'rejected') {
        if (outcome.code === 'LATE') found.late++;
        if (outcome.code === 'FUTURE') found.future++;
      } else {
        const { token, timestamp } = JSON.parse(String(records[partition]![index]!.value)) as Trade;
        const before = newest.get(token) ?? timestamp;
        if (timestamp < before) found.outOfOrder++;
        newest.set(token, Math.max(before, timestamp));
      }
    }
  }
  return found;
}

interface Trade {
  token: string;
  timestamp: number;
}
