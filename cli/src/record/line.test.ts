import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsumedRecord } from '@tidemark/kafka';
import { lineFormat } from './line.ts';

function record(value: string | Uint8Array | null): ConsumedRecord {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return { partition: 1, offset: 7, appendTimeMs: 99, key: Buffer.from('k'), value: bytes, headers: {} };
}

const swap = { id: 'a', token: 't', trader: 'u', side: 'buy', amount: '1', usd: '2', timestamp: 5 };

test('a swap is a line, also where its JSON has line breaks; what is no swap is none', () => {
  const lineOf = lineFormat('swaps', false);
  assert.equal(lineOf(record(JSON.stringify(swap, null, 2))), JSON.stringify(swap));
  for (const value of ['null', 'x', '{}', null, Buffer.from([0xff])]) assert.equal(lineOf(record(value)), null);
});

test('of other topics any JSON is a line', () => {
  const lineOf = lineFormat('stats', false);
  assert.equal(lineOf(record('{ "a":\n1 }')), '{"a":1}');
  for (const value of ['x', null]) assert.equal(lineOf(record(value)), null);
});

test('raw lines hold every record, with base64 where the bytes are no text', () => {
  const lineOf = lineFormat('swaps', true);
  const where = { partition: 1, offset: 7, appendTime: 99, key: 'k' };
  assert.deepEqual(JSON.parse(lineOf(record('x\ny'))!), { ...where, value: 'x\ny' });
  assert.deepEqual(JSON.parse(lineOf(record(null))!), { ...where, value: null });
  assert.deepEqual(JSON.parse(lineOf(record(Buffer.from([0xff])))!), { ...where, value: { base64: '/w==' } });
});
