import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxCatchUpMs, Pace } from './pace.ts';
import { Random } from './random.ts';

for (const rate of [0.7, 50, 333.3, 20_000]) {
  test(`over an hour of uneven timers exactly ${rate} records a second are due`, () => {
    const random = new Random(`pace ${rate}`);
    const startMs = 12_345.6;
    const pace = new Pace(rate, startMs);
    let nowMs = startMs;
    let taken = 0;
    while (nowMs < startMs + 3_600_000) {
      nowMs += random.between(1, 200);
      let count: number;
      do {
        count = pace.take(nowMs, 1_000);
        taken += count;
      } while (count > 0);
    }
    assert.equal(taken, Math.floor(((nowMs - startMs) * rate) / 1_000));
  });
}

test('what was missed while the brokers were away is made up for only within the bound', () => {
  const pace = new Pace(100, 0);
  assert.equal(pace.take(1_000, 10_000), 100);
  assert.equal(pace.take(61_000, 10_000), (100 * maxCatchUpMs) / 1_000);
  assert.equal(pace.take(62_000, 10_000), 100, 'the rate goes on from there');
});

test('the wait ends when the next record is due', () => {
  const pace = new Pace(4, 0);
  assert.equal(pace.take(200, 10), 0);
  assert.equal(pace.waitMs(200), 50);
  assert.equal(pace.take(250, 10), 1);
  assert.equal(pace.waitMs(250), 250);
});
