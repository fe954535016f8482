import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DueQueue } from './due-queue.ts';
import { Random } from './random.ts';

test('values come out in the order of their moments, those of one moment in the order of adding', () => {
  const random = new Random('queue');
  const queue = new DueQueue<{ dueMs: number; order: number }>(10_000);
  for (let order = 0; order < 10_000; order++) {
    const dueMs = random.below(500);
    queue.add(dueMs, { dueMs, order });
  }
  let last = { dueMs: -1, order: -1 };
  for (let taken = 0; taken < 10_000; taken++) {
    const next = queue.take(500)!;
    assert.ok(next.dueMs > last.dueMs || (next.dueMs === last.dueMs && next.order > last.order));
    last = next;
  }
  assert.equal(queue.size, 0);
});

test('nothing comes out before its moment', () => {
  const queue = new DueQueue<string>(10);
  queue.add(100, 'a');
  assert.equal(queue.take(99), undefined);
  assert.equal(queue.take(100), 'a');
  assert.equal(queue.take(100), undefined);
});

test('at the limit nothing is added', () => {
  const queue = new DueQueue<string>(1);
  assert.equal(queue.add(1, 'a'), true);
  assert.equal(queue.add(0, 'b'), false);
  assert.equal(queue.take(5), 'a');
});
