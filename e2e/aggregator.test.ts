import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateSwaps } from '@tidemark/testing';
import { allCounted, assertFiguresEqualOracle } from './support/figures.ts';
import { install } from './support/installation.ts';
import { produceSwaps, readTopic } from './support/log.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const stepMs = 500;

/** History that ends about now, so that no swap is in the future of its record. */
function history(count: number, idPrefix: string, startMs: number) {
  return generateSwaps({ seed, count, tokens: 200, stepMs, startMs, idPrefix, shares: { future: 0 } });
}

test(`figures equal the oracle's through restarts, and every rejected record is in swaps.dead once or more (seed ${seed})`, async (t) => {
  const installation = await install(t);
  const startMs = Date.now() - 86_400_000;
  const first = await installation.start('aggregator', { CLOCK: 'event', CHECKPOINT_INTERVAL: '200ms' });
  await produceSwaps(installation, history(15_000, 'a', startMs));
  await allCounted(installation);
  await first.kill();
  assert.deepEqual(await first.exited, { code: 0, signal: null });

  await produceSwaps(installation, history(15_000, 'b', startMs + 8_000 * stepMs));
  await installation.start('aggregator', { CLOCK: 'event', CHECKPOINT_INTERVAL: '200ms' });
  const { tokens, counted } = await assertFiguresEqualOracle(installation);
  t.diagnostic(`${counted} swaps of ${tokens} tokens`);

  const heartbeats = await installation.stats.heartbeats(installation.partitionCount);
  const letters = (await readTopic(installation, 'swaps.dead')).flat();
  const origins = new Set(
    letters.map(({ partition, headers }) => `${partition}:${String(headers['tidemark-offset'])}`),
  );
  const rejected = heartbeats.reduce((sum, heartbeat) => sum + heartbeat!.status.rejected + heartbeat!.status.late, 0);
  assert.ok(rejected > 0, 'the log holds records that are rejected');
  assert.equal(origins.size, rejected);
});
