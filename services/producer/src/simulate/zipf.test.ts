import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from './random.ts';
import { Zipf } from './zipf.ts';

function countDraws(ranks: number, exponent: number, draws: number): number[] {
  const zipf = new Zipf(ranks, exponent);
  const random = new Random(`zipf ${exponent}`);
  const counts = Array.from({ length: ranks }, () => 0);
  for (let draw = 0; draw < draws; draw++) counts[zipf.draw(random)]!++;
  return counts;
}

test('rank n is drawn in proportion to 1 / n^exponent', () => {
  const counts = countDraws(50, 1.2, 200_000);
  const sum = counts.reduce((total, _, rank) => total + (rank + 1) ** -1.2, 0);
  for (const [rank, count] of counts.entries()) {
    const expected = (200_000 * (rank + 1) ** -1.2) / sum;
    assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected), `rank ${rank}: ${count}, not about ${expected}`);
  }
});

test('exponent 0 draws all ranks alike', () => {
  for (const count of countDraws(10, 0, 100_000)) assert.ok(Math.abs(count - 10_000) < 474);
});

test('a single rank is always drawn', () => {
  assert.deepEqual(countDraws(1, 1, 100), [100]);
});
