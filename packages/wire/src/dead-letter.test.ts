import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { deadLetter, deadLetterMaxBytes } from './dead-letter.ts';

const where = { topic: 'x.swaps', partition: 3, offset: 41, code: 'SCHEMA', reason: 'usd: has to be a decimal' };
const whereHeaders = {
  'tidemark-topic': 'x.swaps',
  'tidemark-partition': '3',
  'tidemark-offset': '41',
  'tidemark-code': 'SCHEMA',
  'tidemark-reason': 'usd: has to be a decimal',
};
const brokersLimitBytes = 1_048_576;

function bytesOf(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => index % 251));
}

describe('a dead letter', () => {
  test('holds the original bytes under the original key, and says where they were and what was wrong', () => {
    const key = Buffer.from([0xff, 0x00]);
    const value = bytesOf(deadLetterMaxBytes);
    assert.deepEqual(deadLetter({ ...where, key, value }), { key, value, headers: whereHeaders });
  });

  test('of a batch says which offsets the batch covers', () => {
    const { headers } = deadLetter({ ...where, firstOffset: 17, key: null, value: bytesOf(1) });
    assert.deepEqual(headers, { ...whereHeaders, 'tidemark-first-offset': '17' });
  });

  test('keeps a missing key and a missing value missing', () => {
    assert.deepEqual(deadLetter({ ...where, key: null, value: null }), {
      key: null,
      value: null,
      headers: whereHeaders,
    });
  });

  test('of a longer value holds its first 64 KiB, its length and its SHA-256', () => {
    const value = bytesOf(deadLetterMaxBytes + 1);
    const letter = deadLetter({ ...where, key: null, value });
    assert.deepEqual(letter.value, value.subarray(0, 65_536));
    assert.deepEqual(letter.headers, {
      ...whereHeaders,
      'tidemark-length': '65537',
      'tidemark-sha256': createHash('sha256').update(value).digest('hex'),
    });
  });

  test('of a longer key holds its first 64 KiB, its length and its SHA-256', () => {
    const key = bytesOf(deadLetterMaxBytes + 1);
    const letter = deadLetter({ ...where, key, value: Buffer.from('{}') });
    assert.deepEqual(letter.key, key.subarray(0, 65_536));
    assert.deepEqual(letter.headers, {
      ...whereHeaders,
      'tidemark-key-length': '65537',
      'tidemark-key-sha256': createHash('sha256').update(key).digest('hex'),
    });
  });

  test('is smaller than what brokers take, whatever the record was', () => {
    const { key, value, headers } = deadLetter({ ...where, key: bytesOf(2_000_000), value: bytesOf(3_000_000) });
    const headerBytes = Object.entries(headers).reduce((sum, [name, text]) => sum + name.length + text.length, 0);
    assert.ok(key!.length + value!.length + headerBytes < brokersLimitBytes / 2);
  });
});
