import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignedSince } from './assigned.ts';

const line = (time: string, msg: string, partition: number) => JSON.stringify({ time, msg, partition, tookMs: 7 });

test('partitions are taken from the log, those of the rebalance before left out', () => {
  const logs = [
    line('2026-01-02T10:00:00.000Z', 'partition restored', 0),
    line('2026-01-02T10:00:10.000Z', 'partition kept', 0),
    'a line of somebody else',
    line('2026-01-02T10:00:10.500Z', 'partitions assigned', 0),
    line('2026-01-02T10:00:11.000Z', 'partition restored', 5),
  ];
  assert.deepEqual(assignedSince(logs, Date.parse('2026-01-02T10:00:10.000Z')), [
    { partition: 0, how: 'kept', tookMs: 7 },
    { partition: 5, how: 'restored', tookMs: 7 },
  ]);
});
