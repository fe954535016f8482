import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Serving } from '@tidemark/checkpoint';
import { defaultRules } from '@tidemark/domain';
import { type PlanSources, planPartition } from './plan.ts';

const hourMs = 3_600_000;
const nowMs = 1_700_000_000_000;
const last = { offset: 90, appendTimeMs: nowMs - hourMs, hash: 'a' };
const serving: Serving = {
  generation: 3,
  epoch: 7,
  startOffset: 0,
  nextOffset: 91,
  candlesFromMs: 60_000,
  lastRecord: last,
  rulesHash: 'rules',
  partitionCount: 1,
};

function plan(more: Partial<PlanSources> = {}) {
  return planPartition({
    serving,
    hasNeighbours: true,
    partitionCount: 1,
    offsets: { partition: 0, low: 0, high: 100 },
    logBeganMs: nowMs - 2 * hourMs,
    foundAtCheckpoint: last,
    rules: defaultRules,
    nowMs,
    ...more,
  });
}

describe('the plan of a rebuild', () => {
  test('of the log that was counted, as long as it was: nothing is lost, and the candles reach as far back as before', () => {
    const { supersedes, fromOffset, endOffset, candlesFromMs, incomplete } = plan();
    assert.deepEqual(
      { supersedes, fromOffset, endOffset, candlesFromMs, incomplete },
      { supersedes: 3, fromOffset: 0, endOffset: 100, candlesFromMs: 60_000, incomplete: [] },
    );
  });

  test('of a log that has lost its beginning: older candles stay, and windows that reach back further are named', () => {
    const { candlesFromMs, incomplete } = plan({ offsets: { partition: 0, low: 50, high: 100 } });
    // A minute past the first append time, and then the next whole minute.
    assert.equal(candlesFromMs, Math.ceil((nowMs - 2 * hourMs + 60_000) / 60_000) * 60_000);
    assert.deepEqual(
      incomplete.map(({ window }) => window),
      ['24h'],
    );
  });

  for (const [title, foundAtCheckpoint] of [
    ['another record', { ...last, hash: 'b' }],
    ['nothing', null],
  ] as const) {
    test(`of a log that holds ${title} where the checkpoint ends, older candles stay`, () => {
      assert.ok(plan({ foundAtCheckpoint }).candlesFromMs > nowMs - 2 * hourMs);
    });
  }

  test('where nothing was ever counted there is nothing older', () => {
    const { supersedes, candlesFromMs, incomplete } = plan({ serving: null, hasNeighbours: false });
    assert.deepEqual({ supersedes, candlesFromMs, incomplete }, { supersedes: 0, candlesFromMs: 0, incomplete: [] });
  });

  for (const [title, more] of [
    ['that was counted over another number of partitions', { partitionCount: 2 }],
    ['that is new beside others', { serving: null, partitionCount: 2 }],
  ] as const) {
    test(`of a partition ${title}: its tokens may come from elsewhere, so all their candles stay, and no window is complete`, () => {
      const { loss, candlesFromMs, incomplete } = plan(more);
      assert.equal(loss, 'other partition count');
      assert.ok(candlesFromMs > nowMs);
      assert.equal(incomplete.length, defaultRules.windows.length);
    });
  }

  test('of an empty log: all that was counted is lost', () => {
    const { candlesFromMs, incomplete } = plan({
      offsets: { partition: 0, low: 100, high: 100 },
      logBeganMs: null,
      foundAtCheckpoint: null,
    });
    assert.ok(candlesFromMs > nowMs);
    assert.deepEqual(
      incomplete.map(({ window }) => window),
      ['5m', '1h', '24h'],
    );
  });
});
