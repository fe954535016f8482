import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topicSpecs } from '@tidemark/wire';
import { embeddedRetentionBytes } from './kafka-settings.ts';

const mebibyte = 1_048_576;

test('all embedded topics together stay under 2 GiB', () => {
  const internalBytes = 128 * mebibyte;
  let total = internalBytes;
  for (const { partitions, initial } of topicSpecs({ partitions: 12, retentionBytes: embeddedRetentionBytes })) {
    const segment = Number(initial['segment.bytes']);
    assert.ok(segment > 0);
    // Retention keeps up to one segment more than it is told to; compaction has the old segment and the new one at once.
    const kept = initial['retention.bytes'] === undefined ? segment : Number(initial['retention.bytes']);
    total += partitions * (kept + segment);
  }
  assert.ok(total <= 2_048 * mebibyte, `${total / mebibyte} MiB`);
});
