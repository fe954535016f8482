import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { loadSettings } from '@tidemark/runtime';
import { producerSettings } from './config.ts';

const load = (env: Record<string, string>) => loadSettings(producerSettings, env);

test('without any setting it simulates fifty swaps a second of two hundred tokens', () => {
  const { SOURCE, RATE, TOKENS, SEED, RETIME, SPEED } = load({});
  assert.deepEqual(
    { SOURCE, RATE, TOKENS, SEED, RETIME, SPEED },
    { SOURCE: 'simulate', RATE: 50, TOKENS: 200, SEED: '', RETIME: 'now', SPEED: 1 },
  );
});

test('numbers, shares and speeds are read', () => {
  const { RATE, ZIPF, LATE_SHARE, SPEED } = load({ RATE: '0.5', ZIPF: '0', LATE_SHARE: '1', SPEED: '60' });
  assert.deepEqual({ RATE, ZIPF, LATE_SHARE, SPEED }, { RATE: 0.5, ZIPF: 0, LATE_SHARE: 1, SPEED: 60 });
  assert.equal(load({ SPEED: 'max' }).SPEED, 'max');
});

test('a replay with kept times runs with the event clock, or with none named', () => {
  const replay = { SOURCE: 'replay', REPLAY_FILE: 'x', RETIME: 'keep' };
  assert.equal(load(replay).RETIME, 'keep');
  assert.equal(load({ ...replay, CLOCK: 'event' }).RETIME, 'keep');
  assert.throws(() => load({ ...replay, CLOCK: 'wall' }), { code: 'SETTINGS_INVALID', message: /needs CLOCK=event/ });
});

test('settings that cannot be meant are refused, all at once', () => {
  assert.throws(() => load({ SOURCE: 'replay', RATE: '0', PENDING_SHARE: '1.1', SPEED: 'fast', TOKENS: '0' }), {
    code: 'SETTINGS_INVALID',
    message: /RATE[^]*TOKENS[^]*PENDING_SHARE[^]*SPEED/,
  });
  assert.throws(() => load({ SOURCE: 'replay' }), {
    code: 'SETTINGS_INVALID',
    message: /REPLAY_FILE: name the recording/,
  });
});

test('the README names every setting of the producer', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  for (const name of Object.keys(producerSettings.shape))
    assert.ok(readme.includes(`\`${name}\``), `${name} is missing`);
});
