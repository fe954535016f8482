import type { ConsumedRecord } from '@tidemark/kafka';
import type { Judged } from '@tidemark/testing';
import { differences, judgeRecords, wrongFigures } from '../support/figures.ts';
import { readTopic } from '../support/log.ts';
import { type Adversity, adversityOf } from './world/adversity.ts';
import { wrongCandles } from './world/candles.ts';
import { readStatsLate } from './world/late-reader.ts';
import type { World } from './world/world.ts';

/** What was found wrong once the faults were over, of each kind the first few, and how much was looked at. */
export interface Verdict {
  records: number;
  tokens: number;
  counters: { counted: number; duplicate: number; late: number; rejected: number };
  adversity: Adversity;
  /** Figures, counters and candles that are not the oracle's. */
  wrongFields: Findings;
  /** Versions that went back for a WebSocket subscriber, for a reader of Redis, for one of `stats` that started after all of it. */
  wentBack: Findings;
  /** Rejected records without their dead letter, and letters of records that were not rejected. */
  wrongLetters: Findings;
  /** Values that Redis lacked while a heartbeat vouched for them. */
  missingValues: Findings;
  /** That the readers were served: updates and connections of the subscriber, reads of Redis, keys whose last record was not the newest. */
  readers: { updates: number; connections: number; redisReads: number; candles: number; mended: number };
}

export interface Findings {
  count: number;
  first: string[];
}

const maxShown = 20;

/** Stops the load, waits until all of it is counted and stored, and compares everything with the log. */
export async function judgeWorld(world: World): Promise<Verdict> {
  const { installation, load, subscriber, redisReader } = world;
  await load.stop();
  await world.settled();
  const records = await readTopic(installation, 'swaps');
  const log = judgeRecords(records);
  const candles = await wrongCandles(installation, log);
  const wrong = [...(await wrongFigures(installation, log)), ...candles.wrong];
  const late = await readStatsLate(installation, [subscriber.versions, redisReader.versions]);
  return {
    records: log.reduce((sum, { outcomes }) => sum + outcomes.length, 0),
    tokens: log.reduce((sum, { everyToken }) => sum + everyToken.length, 0),
    counters: addUp(log),
    adversity: adversityOf(records, log),
    wrongFields: findings(wrong),
    wentBack: findings([...subscriber.wentBack, ...redisReader.wentBack, ...late.wentBack]),
    wrongLetters: findings(await wrongLetters(world, records, log)),
    missingValues: findings(redisReader.missing),
    readers: {
      updates: subscriber.updates,
      connections: subscriber.connections,
      redisReads: redisReader.reads,
      candles: candles.count,
      mended: late.mended,
    },
  };
}

function findings(all: string[]): Findings {
  return { count: all.length, first: all.slice(0, maxShown) };
}

function addUp(log: readonly Judged[]): Verdict['counters'] {
  const total = { counted: 0, duplicate: 0, late: 0, rejected: 0 };
  for (const { counters } of log)
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += counters[name];
  return total;
}

async function wrongLetters(
  { installation }: World,
  records: readonly ConsumedRecord[][],
  log: readonly Judged[],
): Promise<string[]> {
  const found = new Map<string, string>();
  for (const { headers } of (await readTopic(installation, 'swaps.dead')).flat()) {
    const text = (name: string) => Buffer.from(headers[`tidemark-${name}`] ?? []).toString();
    found.set(`${text('partition')}@${text('offset')}`, text('code'));
  }
  const wrong: string[] = [];
  // Offsets of judged records are not their indices: control records have offsets too.
  for (const [partition, { outcomes }] of log.entries()) {
    for (const [index, outcome] of outcomes.entries()) {
      const place = `${partition}@${records[partition]![index]!.offset}`;
      const code = outcome.kind === 'rejected' ? outcome.code : undefined;
      if (found.get(place) !== code)
        wrong.push(...differences(place, { letter: found.get(place) ?? null }, { letter: code ?? null }));
      found.delete(place);
    }
  }
  return [...wrong, ...[...found.keys()].map((place) => `${place}: a letter of no record`)];
}
