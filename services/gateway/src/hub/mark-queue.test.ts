import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Mark, MarkQueue } from './mark-queue.ts';

function mark(offset: number): Mark {
  return { partition: 0, version: [1, offset, 1, offset], frame: Buffer.alloc(0) };
}

function offsetOf(taken: Mark | null): number | null {
  return taken === null ? null : taken.version[1];
}

test('a mark goes once all that was owed when it came has been sent, whatever became owed later', () => {
  const queue = new MarkQueue();
  queue.added();
  queue.added();
  queue.hold(mark(10), 2);
  queue.added();
  queue.removed(1);
  assert.equal(queue.take(), null);
  queue.removed(2);
  assert.equal(offsetOf(queue.take()), 10);
  assert.equal(queue.take(), null);
});

test('a held mark keeps its place while newer ones come, of which the newest is next', () => {
  const queue = new MarkQueue();
  queue.added();
  queue.hold(mark(10), 1);
  queue.added();
  queue.hold(mark(20), 2);
  queue.added();
  queue.hold(mark(30), 3);
  queue.removed(1);
  assert.equal(offsetOf(queue.take()), 10);
  queue.removed(2);
  assert.equal(queue.take(), null);
  queue.removed(3);
  assert.equal(offsetOf(queue.take()), 30);
});

test('a mark goes at once when nothing is owed', () => {
  const queue = new MarkQueue();
  queue.hold(mark(10), 0);
  assert.equal(offsetOf(queue.take()), 10);
});
