import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Outcome } from '@tidemark/domain';
import { Latencies } from '../latencies.ts';
import { Arrivals } from './arrivals.ts';

const everything = { startMs: 0, endMs: 10_000 };

function log(...entries: [offset: number, token: string, appendTimeMs: number, kind?: Outcome['kind'] | 'pending'][]) {
  const records = entries.map(([offset, token, appendTimeMs, kind]) => ({
    partition: 0,
    offset,
    appendTimeMs,
    key: Buffer.from(token),
    value: Buffer.from(JSON.stringify({ token, ...(kind === 'pending' && { status: 'pending' }) })),
    headers: {},
  }));
  const outcomes = entries.map(([, token, , kind]) => ({ kind: kind === 'duplicate' ? kind : 'accepted', token }));
  return { records, judged: { outcomes } } as unknown as Parameters<Arrivals['addLatencies']>[0];
}

describe('the latency of a swap', () => {
  test('ends with the first update of its token that reaches past its offset', () => {
    const arrivals = new Arrivals();
    arrivals.note('a', 11, 105);
    arrivals.note('b', 12, 106);
    arrivals.note('a', 14, 130);
    const latencies = new Latencies();
    arrivals.addLatencies(log([10, 'a', 100], [11, 'b', 101], [12, 'a', 102], [13, 'a', 120]), latencies);
    assert.deepEqual(
      latencies.slices(everything, 1).map(({ p50 }) => p50),
      [5, 5, 28, 10],
    );
  });

  test('is not asked of records that change no figure', () => {
    const arrivals = new Arrivals();
    arrivals.note('a', 1, 4);
    const latencies = new Latencies();
    arrivals.addLatencies(log([0, 'a', 1], [1, 'a', 2, 'duplicate'], [2, 'a', 3, 'pending']), latencies);
    assert.equal(latencies.summary(everything).count, 1);
  });

  test('is an error when the swap never came', () => {
    const arrivals = new Arrivals();
    arrivals.note('a', 1, 4);
    assert.throws(
      () => arrivals.addLatencies(log([0, 'a', 1], [1, 'a', 2]), new Latencies()),
      /no update of a covers offset 1/,
    );
    assert.throws(() => arrivals.addLatencies(log([0, 'c', 1]), new Latencies()), /no update of c covers offset 0/);
  });
});
