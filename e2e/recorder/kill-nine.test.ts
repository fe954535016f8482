import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateSwaps } from '@tidemark/testing';
import { eventually } from '../support/eventually.ts';
import { type Installation, install } from '../support/installation.ts';
import { produceSwaps } from '../support/log.ts';
import { compareWithLog } from './table.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const swapCount = 100_000;
const kills = 3;

test(`a recorder killed with SIGKILL three times amid ${swapCount} swaps keeps every accepted version once, and no other (seed ${seed})`, async (t) => {
  const installation = await install(t, { partitionCount: 4 });
  const swaps = generateSwaps({
    seed,
    count: swapCount,
    tokens: 500,
    traders: 2_000,
    stepMs: 1_000,
    startMs: Date.now() - 2 * 86_400_000,
    shares: { future: 0 },
  });
  let recorder = await installation.start('recorder');
  let killed = 0;
  let storedBefore = 0;
  await produceSwaps(installation, swaps, async (sent) => {
    if (killed === kills || sent < ((killed + 1) * swapCount) / (kills + 1)) return;
    await eventually('more to be stored', async () => (await storedOffsets(installation)) > storedBefore);
    await recorder.kill('SIGKILL');
    const after = await storedOffsets(installation);
    storedBefore = after;
    const end = await logEnd(installation);
    t.diagnostic(`kill ${++killed}: stored ${after}, log at ${end}`);
    assert.ok(after < end, 'some of the log was not yet stored');
    recorder = await installation.start('recorder');
  });
  assert.equal(killed, kills);
  const end = await logEnd(installation);
  await eventually('all of the log to be stored', async () => (await storedOffsets(installation)) === end);
  const { rows, records, differences } = await compareWithLog(installation);
  t.diagnostic(`${rows} rows of ${records} records`);
  assert.deepEqual(differences.slice(0, 10), [], `${differences.length} differences`);
  assert.ok(rows < records, 'some were duplicates');
});

async function storedOffsets({ postgres }: Installation): Promise<number> {
  const { rows } = await postgres.query<{ sum: string | null }>('SELECT sum(next_offset) FROM partitions');
  return Number(rows[0]?.sum ?? 0);
}

async function logEnd({ client }: Installation): Promise<number> {
  return (await client.offsets('swaps')).reduce((sum, { high }) => sum + high, 0);
}
