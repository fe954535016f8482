import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { batched } from './batched.ts';

describe('batched calls', () => {
  test('of one turn are one call, and each gets its own answer', async () => {
    const calls: number[][] = [];
    const double = batched(async (keys: number[]) => {
      calls.push(keys);
      return keys.map((key) => key * 2);
    });
    assert.deepEqual(await Promise.all([double(1), double(2), double(3)]), [2, 4, 6]);
    assert.equal(await double(4), 8);
    assert.deepEqual(calls, [[1, 2, 3], [4]]);
  });

  test('fail together, and the next call is made anew', async () => {
    let isAway = true;
    const look = batched(async (keys: string[]) => {
      if (isAway) throw new Error('away');
      return keys;
    });
    const failed = await Promise.allSettled([look('a'), look('b')]);
    assert.deepEqual(
      failed.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    isAway = false;
    assert.equal(await look('a'), 'a');
  });
});
