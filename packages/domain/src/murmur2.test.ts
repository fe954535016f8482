import assert from 'node:assert/strict';
import { it } from 'node:test';
import { murmur2, partitionOf } from './murmur2.ts';

it('murmur2 gives the values that the tests of Kafka itself list', () => {
  const values: Record<string, number> = {
    '21': -973932308,
    foobar: -790332482,
    'a-little-bit-long-string': -985981536,
    'a-little-bit-longer-string': -1486304829,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
    abc: 479470107,
  };
  for (const [key, hash] of Object.entries(values)) assert.equal(murmur2(Buffer.from(key)), hash, key);
});

it('a partition is the positive hash modulo the count, for a string as for its bytes', () => {
  assert.equal(partitionOf('foobar', 12), (-790332482 & 0x7fffffff) % 12);
  assert.equal(partitionOf(Buffer.from('foobar'), 12), partitionOf('foobar', 12));
  for (let i = 0; i < 1_000; i += 1) {
    const partition = partitionOf(`token-${i}`, 7);
    assert.ok(partition >= 0 && partition < 7);
  }
});
