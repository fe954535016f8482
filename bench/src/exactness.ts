import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultRules, type LogRecord } from '@tidemark/domain';
import { type ConsumedRecord, tailTopic } from '@tidemark/kafka';
import { type Judged, judge, statistics } from '@tidemark/testing';
import type { Heartbeat, StatsRecord } from '@tidemark/wire';
import type { System } from './system/system.ts';

const pollMs = 100;
const countedTimeoutMs = 60_000;

/** One partition of the log, as the oracle judges it. */
export interface JudgedPartition {
  partition: number;
  records: ConsumedRecord[];
  judged: Judged;
}

/** What was compared and found equal. */
export interface Exactness {
  records: number;
  counted: number;
  tokens: number;
}

/** Resolves to the end of each partition of `swaps`, once its owner reports that it is counted to there. */
export async function untilCounted({ client, stats, partitions, signal }: System): Promise<number[]> {
  const ends = (await client.offsets('swaps')).map(({ high }) => high);
  const deadlineMs = performance.now() + countedTimeoutMs;
  for (;;) {
    const offsets = (await stats.heartbeats(partitions)).map((heartbeat) => heartbeat?.version[1] ?? 0);
    if (offsets.every((offset, partition) => offset >= ends[partition]!)) return ends;
    if (performance.now() > deadlineMs) throw new Error(`counted to ${offsets.join()} of ${ends.join()} only`);
    await sleep(pollMs, undefined, { signal });
  }
}

/** Reads the whole of `swaps` and judges it, one partition after the other, since the oracle keeps every swap of one in memory. */
export async function* judgedLog(system: System): AsyncGenerator<JudgedPartition> {
  const { partitions, signal } = system;
  for (const [partition, records] of (await readSwaps(system)).entries()) {
    signal.throwIfAborted();
    const log = records as LogRecord[];
    yield { partition, records, judged: judge(log, { rules: defaultRules, partition, partitionCount: partitions }) };
  }
}

async function readSwaps({ client, partitions }: System): Promise<ConsumedRecord[][]> {
  if ((await client.offsets('swaps')).some(({ low }) => low > 0)) throw new Error('the log has lost its beginning');
  const log: ConsumedRecord[][] = Array.from({ length: partitions }, () => []);
  let failure: Error | undefined;
  const tail = await tailTopic(client, {
    topic: 'swaps',
    groupId: `bench-oracle-${randomUUID()}`,
    keepUnreadable: true,
    onRecords: (partition, records) => {
      for (const record of records) log[partition]!.push(record);
    },
    onError: (error) => {
      failure = error;
    },
  });
  await tail.caughtUp;
  await tail.close();
  if (failure) throw failure;
  return log;
}

/**
 * Holds the counters of a partition and every figure of each of its tokens, as Redis has them, against the oracle. By the wall
 * clock a value is as of its own moment, or of the heartbeat's when that is later: until then nothing has changed it.
 * @throws AssertionError with the first difference.
 */
export async function assertExact(
  { partition, records, judged }: JudgedPartition,
  { stats }: System,
): Promise<Exactness> {
  const tokens = [...judged.everyToken];
  const { values, heartbeats } = await stats.readWithHeartbeats(tokens, [partition]);
  const heartbeat = heartbeats[0];
  assert.ok(heartbeat, `partition ${partition} has no heartbeat`);
  assert.deepEqual(
    countersOf(heartbeat),
    { watermark: judged.watermarkMs, ...judged.counters },
    `counters of partition ${partition}`,
  );
  for (const [index, token] of tokens.entries()) {
    const value = values[index] && (JSON.parse(values[index].json) as StatsRecord);
    const readMs = Math.max(heartbeat.version[3], value?.version[3] ?? 0);
    assert.deepEqual(value && figuresOf(value), statistics(judged, token, readMs), `${token}, partition ${partition}`);
  }
  return { records: records.length, counted: judged.counters.counted, tokens: tokens.length };
}

function countersOf({ status: { watermark, counted, duplicate, late, rejected } }: Heartbeat) {
  return { watermark, counted, duplicate, late, rejected };
}

function figuresOf({ version: _version, asOf: _asOf, ...figures }: StatsRecord) {
  return figures;
}
