import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Latencies } from './latencies.ts';

describe('latencies', () => {
  const latencies = new Latencies();
  for (let second = 0; second < 40; second++) latencies.add(10_000 + second * 1_000, second);

  test('count when they began inside the interval, whose end is outside', () => {
    const summary = latencies.summary({ startMs: 20_000, endMs: 30_000 });
    assert.deepEqual(summary, { count: 10, p50: 14, p90: 18, p99: 19, max: 19 });
  });

  test('are summarised by parts of the interval, the last one with what is left over', () => {
    const slices = latencies.slices({ startMs: 20_000, endMs: 45_000 }, 10_000);
    assert.deepEqual(
      slices.map(({ startSeconds, count, max }) => ({ startSeconds, count, max })),
      [
        { startSeconds: 0, count: 10, max: 19 },
        { startSeconds: 10, count: 15, max: 34 },
      ],
    );
  });

  test('that are missing are an error, and no zero', () => {
    assert.throws(() => latencies.summary({ startMs: 0, endMs: 10_000 }), /no latency was measured/);
    assert.deepEqual(latencies.slices({ startMs: 0, endMs: 10_000 }, 5_000), []);
  });
});
