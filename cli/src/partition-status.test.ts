import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Heartbeat } from '@tidemark/wire';
import { partitionStatus } from './partition-status.ts';

const nowMs = 1_800_000_000_000;
const offsets = { partition: 3, low: 0, high: 130 };
const stored = { partition: 3, generation: 2, epoch: 5, nextOffset: 100, checkpointAgeMs: 800 };

function heartbeat(ageMs: number): Heartbeat {
  return {
    partition: 3,
    version: [2, 120, 5, nowMs],
    reportedAt: nowMs - ageMs,
    windows: ['5m'],
    status: {
      topic: 'swaps',
      nextOffset: 120,
      lag: 10,
      watermark: nowMs - 50,
      t: nowMs,
      counted: 110,
      duplicate: 5,
      late: 3,
      rejected: 2,
      owner: 'aggregator-1',
      epoch: 5,
      checkpointAgeMs: 400,
    },
  };
}

const base = { topic: 'swaps', partition: 3, stored, offsets, nowMs };

test('while the owner reports, its position counts', () => {
  const line = partitionStatus({ ...base, heartbeat: heartbeat(1_000) });
  assert.equal(line.owner, 'aggregator-1');
  assert.equal(line.nextOffset, 120);
  assert.equal(line.lag, 10);
  assert.equal(line.watermark, nowMs - 50);
  assert.equal(line.checkpointAgeMs, 800);
});

test('when the reports end nobody owns the partition, and it stands where it was stored', () => {
  const line = partitionStatus({ ...base, heartbeat: heartbeat(3_001) });
  assert.equal(line.owner, null);
  assert.equal(line.nextOffset, 100);
  assert.equal(line.lag, 30);
});

test('a partition that was never counted is unknown, not zero', () => {
  assert.deepEqual(partitionStatus({ ...base, heartbeat: null, stored: undefined }), {
    topic: 'swaps',
    partition: 3,
    owner: null,
    generation: null,
    epoch: null,
    nextOffset: null,
    lag: null,
    watermark: null,
    checkpointAgeMs: null,
    counted: null,
    late: null,
    rejected: null,
  });
});
