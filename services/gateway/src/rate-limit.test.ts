import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimit } from './rate-limit.ts';

test('as many messages as the rate may come at once, then the rate holds', () => {
  const limit = new RateLimit(5, 0);
  const allowed = (nowMs: number, count: number) =>
    Array.from({ length: count }, () => limit.take(nowMs)).filter(Boolean).length;
  assert.equal(allowed(0, 10), 5);
  assert.equal(allowed(200, 10), 1);
  assert.equal(allowed(1_000, 10), 4);
  assert.equal(allowed(60_000, 10), 5);
});
