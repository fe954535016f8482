import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PortPicker } from '@tidemark/stack';
import { generateSwaps } from '@tidemark/testing';
import { assertFiguresEqualOracle } from './support/figures.ts';
import { type Installation, install } from './support/installation.ts';
import { produceSwaps } from './support/log.ts';
import { Subscriber } from './support/subscriber.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const swapCount = 500_000;
const kills = 3;

test(`killed with SIGKILL three times amid ${swapCount} swaps, figures equal the oracle's and no version goes back (seed ${seed})`, async (t) => {
  const installation = await install(t, { partitionCount: 8 });
  const env = { CLOCK: 'event' };
  const gatewayPort = await new PortPicker().free();
  await installation.start('gateway', { GATEWAY_PORT: String(gatewayPort) });
  const subscriber = await Subscriber.open(`ws://127.0.0.1:${gatewayPort}/v1/stream`);
  t.after(() => subscriber.close());

  const swaps = generateSwaps({
    seed,
    count: swapCount,
    tokens: 500,
    traders: 2_000,
    stepMs: 100,
    startMs: Date.now() - 86_400_000,
    shares: { future: 0 },
  });
  let aggregator = await installation.start('aggregator', env);
  let killed = 0;
  await produceSwaps(installation, swaps, async (sent) => {
    if (killed === kills || sent < ((killed + 1) * swapCount) / (kills + 1)) return;
    // Nothing is sent meanwhile, so the offsets say for sure whether the kill hit in the middle of the work.
    const before = await storedOffsets(installation);
    await aggregator.kill('SIGKILL');
    const after = await storedOffsets(installation);
    const end = sum((await installation.client.offsets('swaps')).map(({ high }) => high));
    t.diagnostic(`kill ${++killed}: stored ${before} before and ${after} after it, log at ${end}`);
    assert.ok(after > 0, 'some of the log was stored');
    assert.ok(after < end, 'some of the log was not yet stored');
    aggregator = await installation.start('aggregator', env);
  });
  assert.equal(killed, kills);

  const { tokens, counted } = await assertFiguresEqualOracle(installation);
  await sleep(2_000);
  t.diagnostic(`${counted} swaps of ${tokens} tokens; ${subscriber.updates} updates, ${subscriber.marks} marks`);
  assert.deepEqual(subscriber.wentBack, []);
  assert.ok(subscriber.updates > tokens, 'the subscriber was served');
  const last = await installation.stats.read([...subscriber.versions.keys()].filter((key) => !key.startsWith('#')));
  for (const value of last)
    if (value)
      assert.deepEqual(subscriber.versions.get(value.token), value.version, `the last update of ${value.token}`);
});

async function storedOffsets({ postgres }: Installation): Promise<number> {
  const { rows } = await postgres.query<{ sum: string | null }>('SELECT sum(next_offset) FROM partitions');
  return Number(rows[0]?.sum ?? 0);
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
