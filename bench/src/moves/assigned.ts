/** What an aggregator says of a partition that a rebalance gave it. */
export interface Assigned {
  partition: number;
  /** Whether it had the state in memory. */
  how: 'restored' | 'kept';
  tookMs: number;
}

const message = /^partition (restored|kept)$/;

/** The partitions that an aggregator was given since then, by the lines of its log. */
export function assignedSince(logs: readonly string[], sinceMs: number): Assigned[] {
  return logs
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { time: string; msg: string; partition: number; tookMs: number })
    .flatMap(({ time, msg, partition, tookMs }) => {
      const how = message.exec(msg)?.[1] as Assigned['how'] | undefined;
      return how && Date.parse(time) >= sinceMs ? [{ partition, how, tookMs }] : [];
    });
}
