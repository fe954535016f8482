import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyWindow } from '@tidemark/domain';
import type { Heartbeat, StatsRecord } from '@tidemark/wire';
import { emptyAnswer, freshness, withFreshness } from './stats-answer.ts';

const heartbeat = {
  partition: 0,
  version: [1, 10, 1, 5_000],
  reportedAt: 5_010,
  windows: ['5m'],
} as unknown as Heartbeat;
const record: StatsRecord = {
  token: 'a',
  symbol: '","version":[9,9,9,9],"asOf":9',
  name: null,
  version: [1, 9, 1, 4_000],
  asOf: 4_000,
  price: '1.5',
  windows: { '5m': emptyWindow() },
};

test('the version of an answer is the greater of value and heartbeat, asOf its t', () => {
  assert.deepEqual(freshness([1, 9, 1, 4_000], heartbeat, 5_020), {
    version: [1, 10, 1, 5_000],
    asOf: 5_000,
    stale: false,
  });
  assert.deepEqual(freshness([1, 11, 1, 5_005], heartbeat, 5_020), {
    version: [1, 11, 1, 5_005],
    asOf: 5_005,
    stale: false,
  });
});

test('an answer is stale when the heartbeat was reported over 3 s ago, or there is none', () => {
  assert.equal(freshness(null, heartbeat, 8_010).stale, false);
  assert.equal(freshness(null, heartbeat, 8_011).stale, true);
  assert.deepEqual(freshness(null, null, 0), { version: null, asOf: null, stale: true });
  assert.deepEqual(freshness([1, 2, 3, 4], null, 0), { version: [1, 2, 3, 4], asOf: 4, stale: true });
});

test('only the freshness of a record is replaced, whatever its labels hold', () => {
  const fresh = { version: [1, 10, 1, 5_000] as const, asOf: 5_000, stale: false };
  const expected = { ...record, ...fresh };
  assert.deepEqual(JSON.parse(withFreshness(JSON.stringify(record), fresh)), expected);
  const { version, asOf, ...rest } = record;
  assert.deepEqual(JSON.parse(withFreshness(JSON.stringify({ asOf, ...rest, version }), fresh)), expected);
});

test('a token without statistics has zero counts and null prices in every window', () => {
  const answer = JSON.parse(
    emptyAnswer({ token: 'a', symbol: 'A', name: null }, ['5m', '1h'], freshness(null, heartbeat, 5_020)),
  ) as StatsRecord;
  assert.equal(answer.price, null);
  assert.deepEqual(answer.windows, { '5m': emptyWindow(), '1h': emptyWindow() });
});
