import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatsRecord } from '@tidemark/wire';
import { overlayFromRedis } from './overlay.ts';

test('every token is asked for once, in bounded reads, and what is not there is left alone', async () => {
  const tokens = Array.from({ length: 1_234 }, (_, n) => `t${n}`);
  const reads: number[] = [];
  const applied: string[] = [];
  await overlayFromRedis({
    store: {
      async read(some) {
        reads.push(some.length);
        return some.map((token) => (token.endsWith('7') ? null : ({ token } as StatsRecord)));
      },
    },
    tokens,
    apply: ({ token }) => applied.push(token),
  });
  assert.deepEqual(
    applied,
    tokens.filter((token) => !token.endsWith('7')),
  );
  assert.equal(Math.max(...reads), 500);
});
