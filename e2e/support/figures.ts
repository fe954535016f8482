import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultRules, type LogRecord, type Rules } from '@tidemark/domain';
import { judge, statistics } from '@tidemark/testing';
import type { Heartbeat } from '@tidemark/wire';
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

export interface Comparison {
  tokens: number;
  counted: number;
}

/**
 * Holds every figure of every token in Redis, read by the event clock, and every partition's counters against the oracle's reading
 * of the log.
 */
export async function assertFiguresEqualOracle(
  installation: CountedLog,
  rules: Rules = defaultRules,
): Promise<Comparison> {
  const { stats, partitionCount } = installation;
  const heartbeats = await allCounted(installation);
  const log = await readTopic(installation, 'swaps');
  let tokens = 0;
  let counted = 0;
  for (const [partition, records] of log.entries()) {
    const judged = judge(records as LogRecord[], { rules, partition, partitionCount });
    const { status, version } = heartbeats[partition]!;
    assert.deepEqual(
      pick(status),
      { watermark: judged.watermarkMs, ...judged.counters },
      `counters of partition ${partition}`,
    );
    const everyToken = [...judged.everyToken];
    const values = await stats.read(everyToken);
    for (const [index, token] of everyToken.entries()) {
      const expected = statistics(judged, token, version[3]);
      const value = values[index] ?? null;
      if (expected === null) assert.equal(value, null, `${token} is forgotten`);
      else assert.deepEqual(value && figuresOf(value), expected, `figures of ${token} in partition ${partition}`);
    }
    tokens += everyToken.length;
    counted += judged.counters.counted;
  }
  return { tokens, counted };
}

function pick({ watermark, counted, duplicate, late, rejected }: Heartbeat['status']) {
  return { watermark, counted, duplicate, late, rejected };
}

function figuresOf<T extends { version: unknown; asOf: unknown }>({ version: _version, asOf: _asOf, ...figures }: T) {
  return figures;
}
