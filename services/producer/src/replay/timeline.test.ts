import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Swap } from '@tidemark/domain';
import { createTimeline, type TimelineOptions } from './timeline.ts';

const firstMs = Date.UTC(2024, 0, 5);
const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 0, 1, 12);

function timeline(changes: Partial<TimelineOptions>) {
  return createTimeline({
    retime: 'now',
    speed: 1,
    run: 'abcd',
    startMs,
    firstMs,
    lastMs: firstMs + 24 * hourMs,
    ...changes,
  });
}

function swapAt(timestamp: number, id = 'x'): Swap {
  return { id, token: 't', trader: 'u', side: 'buy', amount: '1', usd: '1', timestamp };
}

test('at speed 1 the recording plays as if it began now', () => {
  const { dueMs, apply } = timeline({});
  assert.equal(apply(swapAt(firstMs)).timestamp, startMs);
  assert.equal(apply(swapAt(firstMs + hourMs)).timestamp, startMs + hourMs);
  assert.equal(dueMs(firstMs + hourMs), startMs + hourMs);
});

test('at speed 60 an hour takes a minute, and each swap is stamped with the moment at which it is due', () => {
  const { dueMs, apply } = timeline({ speed: 60 });
  for (const timestamp of [firstMs, firstMs + 59, firstMs + 60, firstMs + 30_001, firstMs + hourMs]) {
    assert.equal(apply(swapAt(timestamp)).timestamp, dueMs(timestamp));
  }
  assert.equal(dueMs(firstMs + hourMs), startMs + 60_000);
});

test('as fast as it goes, stamps keep their distance and the last is now', () => {
  const { dueMs, apply } = timeline({ speed: 'max' });
  assert.equal(dueMs(firstMs + hourMs), Number.NEGATIVE_INFINITY);
  assert.equal(apply(swapAt(firstMs + 24 * hourMs)).timestamp, startMs);
  assert.equal(apply(swapAt(firstMs)).timestamp, startMs - 24 * hourMs);
});

test('kept times and ids stay as they are, whatever the speed', () => {
  for (const speed of [1, 60, 'max'] as const) {
    const swap = swapAt(firstMs + hourMs);
    assert.deepEqual(timeline({ retime: 'keep', speed }).apply(swap), swap);
  }
  assert.equal(timeline({ retime: 'keep', speed: 60 }).dueMs(firstMs + hourMs), startMs + 60_000);
});

test('ids end in the run, and one without room for it becomes its hash', () => {
  const { apply } = timeline({});
  assert.equal(apply(swapAt(firstMs, 'a')).id, 'a@abcd');
  assert.equal(apply(swapAt(firstMs, 'a'.repeat(123))).id, `${'a'.repeat(123)}@abcd`);
  const long = apply(swapAt(firstMs, 'a'.repeat(124))).id;
  assert.match(long, /^[0-9a-f]{64}@abcd$/);
  assert.notEqual(apply(swapAt(firstMs, 'b'.repeat(124))).id, long);
});

test('versions of an id keep one stamp, and the order of time is kept', () => {
  const { apply } = timeline({ speed: 7.3 });
  assert.equal(apply(swapAt(firstMs + 1_234)).timestamp, apply({ ...swapAt(firstMs + 1_234), version: 2 }).timestamp);
  let last = 0;
  for (let offset = -50; offset < 500; offset++) {
    const { timestamp } = apply(swapAt(firstMs + offset));
    assert.ok(Number.isSafeInteger(timestamp) && timestamp >= last);
    last = timestamp;
  }
});
