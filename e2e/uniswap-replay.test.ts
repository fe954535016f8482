import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertFiguresEqualOracle } from './support/figures.ts';
import { type Installation, install } from './support/installation.ts';

const recording = join(process.env['TIDEMARK_RECORDINGS'] ?? '', 'uniswap-v3', 'usdc-weth-005-2024-01-05.raw.csv');
const skip = existsSync(recording) ? false : 'TIDEMARK_RECORDINGS names no folder with uniswap-v3/: nothing to replay';
const swapEvents = 6_046;
const token = '1:0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2';

test('a recorded day of a Uniswap V3 pool: all 6,046 swaps are counted, every field of every window equals the oracle’s', {
  skip,
}, async (t) => {
  const installation = await install(t);
  const stateDir = await mkdtemp(join(tmpdir(), 'tidemark-replay-'));
  t.after(() => rm(stateDir, { recursive: true }));
  await installation.start('aggregator', { CLOCK: 'event' });
  await installation.start('producer', {
    SOURCE: 'replay',
    REPLAY_FILE: recording,
    RETIME: 'keep',
    SPEED: 'max',
    CLOCK: 'event',
    STATE_DIR: stateDir,
  });
  await allSent(installation);
  const { counted, tokens } = await assertFiguresEqualOracle(installation);
  assert.equal(counted, swapEvents);
  assert.equal(tokens, 1);
  const [value] = await installation.stats.read([token]);
  assert.equal(value?.symbol, 'WETH');
  assert.equal(value.windows['24h']?.trades, swapEvents, 'the day fits the longest window');
});

async function allSent({ client }: Installation): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const sent = (await client.offsets('swaps')).reduce((sum, { high }) => sum + high, 0);
    if (sent >= swapEvents) return;
    await sleep(100);
  }
  throw new Error('the recording was not sent within a minute');
}
