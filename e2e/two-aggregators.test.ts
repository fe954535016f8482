import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateSwaps } from '@tidemark/testing';
import { allCounted, assertFiguresEqualOracle } from './support/figures.ts';
import { install } from './support/installation.ts';
import { produceSwaps } from './support/log.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

test(`two aggregators share the partitions; when one leaves the other takes its over, and figures stay exact (seed ${seed})`, async (t) => {
  const installation = await install(t, { partitionCount: 6 });
  const startMs = Date.now() - 86_400_000;
  const env = { CLOCK: 'event', CHECKPOINT_INTERVAL: '200ms' };
  const swaps = (count: number, idPrefix: string, after: number) =>
    generateSwaps({
      seed,
      count,
      tokens: 120,
      stepMs: 500,
      startMs: startMs + after * 500,
      idPrefix,
      shares: { future: 0 },
    });

  await installation.start('aggregator', { ...env, SERVICE_INSTANCE: 'one' });
  await produceSwaps(installation, swaps(6_000, 'a', 0));
  await allCounted(installation);

  const second = await installation.start('aggregator', { ...env, SERVICE_INSTANCE: 'two' });
  await produceSwaps(installation, swaps(6_000, 'b', 6_000));
  const owners = await ownersOnceShared();
  assert.deepEqual(new Set(owners), new Set(['one', 'two']), 'both own partitions');
  await assertFiguresEqualOracle(installation);

  // It leaves in the middle of the load.
  await produceSwaps(installation, swaps(10_000, 'c', 12_000), async (sent) => {
    if (sent === 4_000) await second.kill();
  });
  await assertFiguresEqualOracle(installation);
  const heartbeats = await allCounted(installation);
  assert.deepEqual(new Set(heartbeats.map(({ status }) => status.owner)), new Set(['one']));

  /** The owners of all partitions, as soon as both members have some; bounded. */
  async function ownersOnceShared(): Promise<string[]> {
    for (let attempt = 0; ; attempt++) {
      const owned = (await allCounted(installation)).map(({ status }) => status.owner);
      if (new Set(owned).size === 2 || attempt === 100) return owned;
      await sleep(100);
    }
  }
});
