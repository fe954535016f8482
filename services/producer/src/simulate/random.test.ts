import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from './random.ts';

test('equal seeds give equal numbers, on every machine', () => {
  const random = new Random('tidemark');
  const first = [random.uint32(), random.uint32(), random.uint32()];
  const again = new Random('tidemark');
  assert.deepEqual([again.uint32(), again.uint32(), again.uint32()], first);
  assert.deepEqual(first, [1_616_723_715, 2_860_707_003, 4_283_403_482]);
  assert.notEqual(new Random('tidemarK').uint32(), first[0]);
});

test('fractions are spread evenly over [0, 1)', () => {
  const random = new Random('even');
  const counts = Array.from({ length: 10 }, () => 0);
  for (let draw = 0; draw < 100_000; draw++) {
    const fraction = random.fraction();
    assert.ok(fraction >= 0 && fraction < 1);
    counts[Math.floor(fraction * 10)]!++;
  }
  // Five standard deviations of a binomial(100,000, 0.1) are 474.
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 474, counts.join(' '));
});

test('normal numbers have mean 0 and variance 1', () => {
  const random = new Random('normal');
  const draws = Array.from({ length: 100_000 }, () => random.normal());
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  const variance = draws.reduce((sum, draw) => sum + draw * draw, 0) / draws.length;
  assert.ok(Math.abs(mean) < 0.02 && Math.abs(variance - 1) < 0.03, `mean ${mean}, variance ${variance}`);
});
