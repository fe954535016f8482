import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PortPicker } from '@tidemark/stack';
import { generateSwaps } from '@tidemark/testing';
import { runCommand } from '../support/command.ts';
import { allCounted, assertFiguresEqualOracle } from '../support/figures.ts';
import { generationServes } from '../support/generations.ts';
import { type Installation, install } from '../support/installation.ts';
import { produceSwaps } from '../support/log.ts';
import { Subscriber } from '../support/subscriber.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const env = { CLOCK: 'event', CHECKPOINT_INTERVAL: '200ms' };
const stepMs = 500;
const half = 40_000;

function history(part: number) {
  const startMs = Date.now() - 86_400_000 + part * half * stepMs;
  return generateSwaps({
    seed: seed + part,
    count: half,
    tokens: 200,
    stepMs,
    startMs,
    idPrefix: `p${part}-`,
    shares: { future: 0 },
  });
}

test(`a rebuild amid load is exact, its versions never go back, and no minute has two candles (seed ${seed})`, async (t) => {
  const installation = await install(t);
  const gatewayPort = await new PortPicker().free();
  await installation.start('gateway', { GATEWAY_PORT: String(gatewayPort) });
  const subscriber = await Subscriber.open(`ws://127.0.0.1:${gatewayPort}/v1/stream`);
  t.after(() => subscriber.close());
  await installation.start('aggregator', env);
  await produceSwaps(installation, history(0));
  await allCounted(installation);

  const producing = produceSwaps(installation, history(1));
  const { code, stdout, stderr } = await runCommand(installation, ['rebuild']);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.match(/generation 2 serves from offset/g)?.length, installation.partitionCount);
  await producing;

  await generationServes(installation, 2);
  const { tokens, counted } = await assertFiguresEqualOracle(installation);
  t.diagnostic(`${counted} swaps of ${tokens} tokens; ${subscriber.updates} updates, ${subscriber.marks} marks`);
  assert.deepEqual(subscriber.wentBack, []);

  // The log is complete, so the candles of both generations are the same.
  const before = await candles(installation);
  assert.deepEqual(new Set(before.map(({ generation }) => generation)), new Set(['2']));
  assert.equal((await runCommand(installation, ['rebuild', '--partition', '0', '2'])).code, 0);
  await generationServes(installation, 3, [0, 2]);
  await assertFiguresEqualOracle(installation);
  const after = await candles(installation);
  assert.deepEqual(new Set(after.map(({ generation }) => generation)), new Set(['2', '3']));
  assert.deepEqual(after.map(figures), before.map(figures));
});

interface CandleRow {
  generation: string;
  token: string;
  minute_ms: string;
}

async function candles({ postgres }: Installation): Promise<CandleRow[]> {
  const { rows } = await postgres.query<CandleRow>(
    `SELECT generation, token, minute_ms, open, high, low, close, volume_usd, volume, trades, final FROM candles
     ORDER BY token, minute_ms, generation`,
  );
  return rows;
}

function figures({ generation: _generation, ...rest }: CandleRow) {
  return rest;
}
