import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type TopicName, type TopicOptions, topicSpecs } from './topics.ts';

function specOf(name: TopicName, options: TopicOptions = { partitions: 12 }) {
  const spec = topicSpecs(options).find((one) => one.name === name);
  assert.ok(spec, name);
  return spec;
}

describe('topics', () => {
  test('swaps and stats have the same partitions, so that a token has the same one in both', () => {
    assert.equal(specOf('swaps', { partitions: 7 }).partitions, 7);
    assert.equal(specOf('stats', { partitions: 7 }).partitions, 7);
  });

  test('readers rely on append times and deletion in swaps, on compaction in stats: these settings are required', () => {
    assert.deepEqual(specOf('swaps').required, {
      'cleanup.policy': 'delete',
      'message.timestamp.type': 'LogAppendTime',
    });
    assert.deepEqual(specOf('swaps.dead').required, { 'cleanup.policy': 'delete' });
    assert.deepEqual(specOf('stats').required, { 'cleanup.policy': 'compact' });
  });

  test('swaps are kept for 3 days and may be 4 MiB, dead letters for 14 days', () => {
    assert.deepEqual(specOf('swaps').initial, { 'retention.ms': '259200000', 'max.message.bytes': '4194304' });
    assert.deepEqual(specOf('swaps.dead').initial, { 'retention.ms': '1209600000' });
  });

  test('stats are compacted soon: short segments, a low dirty ratio, 10 minutes at most', () => {
    assert.deepEqual(specOf('stats').initial, {
      'segment.bytes': '33554432',
      'segment.ms': '300000',
      'min.cleanable.dirty.ratio': '0.1',
      'max.compaction.lag.ms': '600000',
    });
  });

  test('a bound in bytes holds for the topics that grow, in segments small enough for it to bite, and not for stats', () => {
    const options = { partitions: 1, retentionBytes: 40_000_000 };
    for (const name of ['swaps', 'swaps.dead'] as const) {
      const { initial } = specOf(name, options);
      assert.equal(initial['retention.bytes'], '40000000');
      assert.equal(initial['segment.bytes'], '10000000');
    }
    assert.equal(specOf('stats', options).initial['retention.bytes'], undefined);
    assert.equal(specOf('swaps', { partitions: 1, retentionBytes: 1_000 }).initial['segment.bytes'], '1048576');
  });
});
