import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PublishQueue } from './publish-queue.ts';

const options = { intervalMs: 20, spreadMs: 1_000, minRate: 1_000, maxRate: 20_000 };

async function isDone(promise: Promise<void>): Promise<boolean> {
  const later = new Promise<boolean>((resolve) => setImmediate(resolve, false));
  return Promise.race([promise.then(() => true), later]);
}

describe('the publish queue', () => {
  test('a token that changes often goes out once an interval, with the newest value', () => {
    const queue = new PublishQueue(options);
    queue.add(['a'], 'live');
    queue.add(['a'], 'live');
    assert.deepEqual(queue.take(0, 10), ['a']);
    queue.add(['a'], 'live');
    queue.settle(['a'], true);
    assert.deepEqual(queue.take(10, 10), []);
    assert.deepEqual(queue.take(20, 10), ['a']);
    queue.settle(['a'], true);
    assert.deepEqual(queue.take(100, 10), []);
    assert.equal(queue.due, 0);
  });

  test('a failed one is due again at once', () => {
    const queue = new PublishQueue(options);
    queue.add(['a'], 'live');
    queue.take(0, 10);
    queue.settle(['a'], false);
    assert.equal(queue.due, 1);
    assert.deepEqual(queue.take(1, 10), ['a']);
  });

  test('a failed one that changed meanwhile goes out once, and marks wait for it', async () => {
    const queue = new PublishQueue(options);
    queue.add(['a'], 'live');
    queue.take(0, 10);
    queue.add(['a'], 'live');
    const mark = queue.drained();
    queue.settle(['a'], false);
    assert.equal(await isDone(mark), false);
    assert.deepEqual(queue.take(1, 10), ['a']);
    queue.settle(['a'], true);
    assert.equal(await isDone(mark), true);
    assert.equal(queue.due, 0);
  });

  test('paced changes are spread over a second, and never hold back live ones', () => {
    const queue = new PublishQueue(options);
    queue.take(0, 1);
    queue.add(
      Array.from({ length: 5_000 }, (_, index) => `p${index}`),
      'paced',
    );
    queue.add(['live', 'p4999'], 'live');
    const first = queue.take(20, 1_000);
    assert.deepEqual(first.slice(0, 2), ['live', 'p4999']);
    assert.equal(first.length, 2 + 100);
    let sent = first.length;
    let nowMs = 20;
    while (queue.due > queue.sending) {
      nowMs += 20;
      sent += queue.take(nowMs, 1_000).length;
    }
    assert.equal(sent, 5_001);
    assert.equal(nowMs, 1_000);
  });

  test('a mark waits for all that was due before it, also for what is sent again or cools, and for nothing later', async () => {
    const queue = new PublishQueue(options);
    queue.add(['a', 'b'], 'live');
    assert.deepEqual(queue.take(0, 10), ['a', 'b']);
    queue.add(['a'], 'live');
    const mark = queue.drained();
    queue.add(['c'], 'live');
    queue.settle(['a', 'b'], true);
    assert.equal(await isDone(mark), false, 'the second value of a is not out');
    assert.deepEqual(queue.take(20, 10), ['c', 'a']);
    queue.settle(['a'], true);
    assert.equal(await isDone(mark), true);
    assert.equal(queue.due, 1);
    queue.settle(['c'], true);
    assert.equal(await isDone(queue.drained()), true);
  });
});
