import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultRules, type LogRecord, type Rules, type TokenStatistics } from '@tidemark/domain';
import type { ConsumedRecord } from '@tidemark/kafka';
import { type Judged, judge, statistics } from '@tidemark/testing';
import type { Heartbeat, StatsRecord } from '@tidemark/wire';
import type { CountedLog } from './installation.ts';
import { readTopic } from './log.ts';

const pollMs = 100;

/** Resolves with the heartbeats once each says that its partition is counted to the end of the log. */
export async function allCounted(
  { client, stats, partitionCount }: CountedLog,
  timeoutMs = 60_000,
): Promise<Heartbeat[]> {
  const ends = (await client.offsets('swaps')).map(({ high }) => high);
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const heartbeats = await stats.heartbeats(partitionCount);
    const offsets = heartbeats.map((heartbeat) => heartbeat?.version[1] ?? 0);
    if (heartbeats.every((heartbeat, index) => heartbeat && offsets[index] === ends[index]))
      return heartbeats as Heartbeat[];
    if (performance.now() > deadline)
      throw new Error(`counted to ${offsets.join(',')} of ${ends.join(',')} within ${timeoutMs} ms`);
    await sleep(pollMs);
  }
}

/** The log of `swaps` as the oracle judges it, by partition. */
export async function judgeLog(installation: CountedLog, rules: Rules = defaultRules): Promise<Judged[]> {
  return judgeRecords(await readTopic(installation, 'swaps'), rules);
}

/** `log`: all records of `swaps`, by partition. */
export function judgeRecords(log: readonly ConsumedRecord[][], rules: Rules = defaultRules): Judged[] {
  const partitionCount = log.length;
  return log.map((records, partition) => judge(records as LogRecord[], { rules, partition, partitionCount }));
}

/** Each field that is not what the oracle says, such as `t7 1h.volumeUsd: 12 in place of 13`. */
export async function wrongFigures({ stats }: CountedLog, log: readonly Judged[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const [partition, judged] of log.entries()) {
    const tokens = [...judged.everyToken];
    // Heartbeats are read before the values: by the wall clock a value is as of its own moment, or of the heartbeat's when that
    // is later, until which nothing has changed it.
    const { heartbeats, values } = await stats.readWithHeartbeats(tokens, [partition]);
    const heartbeat = heartbeats[0];
    const expected = { watermark: judged.watermarkMs, ...judged.counters };
    wrong.push(...differences(`partition ${partition}`, heartbeat && countersOf(heartbeat), expected));
    for (const [index, token] of tokens.entries()) {
      const value = values[index] ? (JSON.parse(values[index].json) as StatsRecord) : null;
      const tMs = Math.max(heartbeat?.version[3] ?? 0, value?.version[3] ?? 0);
      wrong.push(...differences(token, value && fieldsOf(value), fieldsOf(statistics(judged, token, tMs))));
    }
  }
  return wrong;
}

/** Holds every figure of every token in Redis, and every partition's counters, against the oracle's reading of the log. */
export async function assertFiguresEqualOracle(
  installation: CountedLog,
  rules: Rules = defaultRules,
): Promise<{ tokens: number; counted: number }> {
  await allCounted(installation);
  const log = await judgeLog(installation, rules);
  const wrong = await wrongFigures(installation, log);
  assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} fields differ from the oracle's`);
  return {
    tokens: log.reduce((sum, { everyToken }) => sum + everyToken.length, 0),
    counted: log.reduce((sum, { counters }) => sum + counters.counted, 0),
  };
}

type Fields = Record<string, string | number | null>;

/** One line for each field that differs; one for all of them when either side lacks the whole. */
export function differences(name: string, found: Fields | null | undefined, expected: Fields | null): string[] {
  if (!found || !expected) return found || expected ? [`${name}: ${found ? 'is there' : 'is missing'}`] : [];
  const fields = new Set([...Object.keys(found), ...Object.keys(expected)]);
  return [...fields]
    .filter((field) => found[field] !== expected[field])
    .map((field) => `${name} ${field}: ${String(found[field])} in place of ${String(expected[field])}`);
}

function countersOf({ status: { watermark, counted, duplicate, late, rejected } }: Heartbeat): Fields {
  return { watermark, counted, duplicate, late, rejected };
}

function fieldsOf(statisticsOfToken: TokenStatistics | null): Fields | null {
  if (statisticsOfToken === null) return null;
  const { symbol, name, price, windows } = statisticsOfToken;
  const fields: Fields = { symbol, name, price };
  for (const [window, figures] of Object.entries(windows)) {
    for (const [figure, value] of Object.entries(figures))
      fields[`${window}.${figure}`] = value as string | number | null;
  }
  return fields;
}
