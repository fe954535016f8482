import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRandom } from '@tidemark/testing';
import { median, percentile, summarise } from './percentiles.ts';

describe('percentiles', () => {
  test('are measured values: the smallest that the share does not exceed', () => {
    const hundred = Float64Array.from({ length: 100 }, (_, index) => index + 1);
    assert.equal(percentile(hundred, 0.5), 50);
    assert.equal(percentile(hundred, 0.99), 99);
    assert.equal(percentile(hundred, 1), 100);
    assert.equal(percentile(Float64Array.of(3, 4), 0.5), 3);
    assert.equal(percentile(Float64Array.of(7), 0.01), 7);
  });

  test('do not depend on the order of the measurements', () => {
    const random = createRandom(1);
    const values = Array.from({ length: 1_001 }, () => random.next() * 1_000);
    const summary = summarise(values);
    assert.deepEqual(summarise(values.toReversed()), summary);
    assert.equal(median(values), values.toSorted((a, b) => a - b)[500]);
    assert.equal(summary!.max, Math.round(Math.max(...values) * 100) / 100);
  });

  test('of nothing are nothing, not zero', () => {
    assert.equal(summarise([]), null);
  });
});
