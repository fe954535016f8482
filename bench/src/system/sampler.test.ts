import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UsageSampler, usageOver } from './sampler.ts';

describe('usage over an interval', () => {
  // A quarter of a core for ten seconds, then a whole one.
  const samples = Array.from({ length: 21 }, (_, second) => ({
    atMs: 5_000 + second * 1_000,
    cpuMs: 400 + Math.min(second, 10) * 250 + Math.max(0, second - 10) * 1_000,
    rssBytes: 100 + second,
  }));

  test('is in percent of one core, for all of it and for its parts', () => {
    const usage = usageOver(samples, { startMs: 5_000, endMs: 26_000 }, 10_000);
    assert.equal(usage.cpuPercent, 62.5);
    assert.deepEqual(usage.slices, [
      { startSeconds: 0, cpuPercent: 25, rssMedianBytes: 104 },
      { startSeconds: 10, cpuPercent: 100, rssMedianBytes: 115 },
    ]);
  });

  test('has the median and the peak of resident memory inside it', () => {
    const usage = usageOver(samples, { startMs: 6_000, endMs: 9_000 }, 10_000);
    assert.equal(usage.rssMedianBytes, 102);
    assert.equal(usage.rssPeakBytes, 103);
  });

  test('is an error when there are too few samples, and no zero', () => {
    assert.throws(() => usageOver(samples, { startMs: 0, endMs: 6_000 }, 1_000), /too short/);
  });

  test('cannot be told of a process that has ended', async () => {
    const noProcess = 2 ** 22 + 1;
    const sampler = new UsageSampler([{ name: 'ghost', kind: 'service', pid: noProcess }]);
    await assert.rejects(sampler.stop(), /ghost \(pid \d+\) has ended/);
  });
});
