import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partitionOf } from '@tidemark/domain';
import { createProducer, type OutgoingRecord } from '@tidemark/kafka';
import { assertFiguresEqualOracle } from './support/figures.ts';
import { install } from './support/installation.ts';
import { readTopic } from './support/log.ts';

const partitionCount = 4;
const token = 'T1';
const nowMs = Date.now();
const hourMs = 3_600_000;
const deadLetterMaxBytes = 65_536;

function swap(id: string, more: object = {}) {
  return { id, token, trader: 'alice', side: 'buy', amount: '2', usd: '10', timestamp: nowMs - 1_000, ...more };
}

function record(
  value: string | Uint8Array | null,
  key: string | null = token,
  partition = partitionOf(token, partitionCount),
): OutgoingRecord {
  return { topic: 'swaps', partition, key, value };
}

const json = (value: unknown, ...place: [key?: string | null, partition?: number]) =>
  record(JSON.stringify(value), ...place);
const elsewhere = (partitionOf(token, partitionCount) + 1) % partitionCount;

/** One of each kind of record that must not count, with the code that names what is wrong. */
const bad: [what: string, code: string, record: OutgoingRecord][] = [
  ['bytes that are not UTF-8', 'NOT_UTF8', record(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))],
  ['text that is not JSON', 'NOT_JSON', record('{"id":')],
  ['NaN, which JSON does not have', 'NOT_JSON', record('NaN')],
  ['an empty value', 'NOT_JSON', record('')],
  ['a tombstone', 'NOT_JSON', record(null)],
  ['null', 'SCHEMA', record('null')],
  ['an array', 'SCHEMA', json([swap('x')])],
  ['__proto__ as a key', 'SCHEMA', record(`{"__proto__":{"side":"buy"},${JSON.stringify(swap('proto')).slice(1)}`)],
  ['a number where a string belongs', 'SCHEMA', json(swap('n', { amount: 2 }))],
  ['an amount of zero', 'SCHEMA', json(swap('zero', { amount: '0' }))],
  ['a negative value', 'SCHEMA', json(swap('neg', { usd: '-1' }))],
  ['an exponent', 'SCHEMA', json(swap('exp', { usd: '1e3' }))],
  ['an unknown side', 'SCHEMA', json(swap('side', { side: 'hold' }))],
  ['a missing timestamp', 'SCHEMA', json(swap('missing', { timestamp: undefined }))],
  ['a fraction of a millisecond', 'SCHEMA', json(swap('fraction', { timestamp: 1.5 }))],
  ['another key than the token', 'PARTITION_MISMATCH', json(swap('key'), 'T2')],
  ['no key', 'PARTITION_MISMATCH', json(swap('nokey'), null)],
  ['another partition than the key has', 'PARTITION_MISMATCH', json(swap('place'), token, elsewhere)],
  ['an address in mixed case', 'ADDRESS_NOT_NORMALISED', json(swap('case', { trader: `0x${'Ab'.repeat(20)}` }))],
  ['a time stamp two hours ahead', 'FUTURE', json(swap('future', { timestamp: nowMs + 2 * hourMs }))],
  ['a time stamp two days back', 'LATE', json(swap('late', { timestamp: nowMs - 48 * hourMs }))],
  ['a known id with another time stamp', 'ID_REUSED', json(swap('good-0', { timestamp: nowMs - 500 }))],
  ['two megabytes', 'RECORD_TOO_LARGE', json(swap('large', { name: 'x'.repeat(2_000_000) }))],
];

test('one bad record of each kind is in swaps.dead with its code, and everything else is counted', async (t) => {
  const installation = await install(t, { partitionCount });
  await installation.start('aggregator', { CLOCK: 'event' });
  const producer = createProducer(installation.client);
  await producer.connect();
  await producer.send(json(swap('good-0')));
  for (const [index, [, , broken]] of bad.entries()) await producer.sendAll([broken, json(swap(`good-${index + 1}`))]);
  await producer.close();

  const { counted } = await assertFiguresEqualOracle(installation);
  assert.equal(counted, bad.length + 1, 'the good records around the bad ones');

  const letters = (await readTopic(installation, 'swaps.dead')).flat();
  const log = (await readTopic(installation, 'swaps')).flat();
  assert.equal(letters.length, bad.length);
  for (const [what, code, broken] of bad) {
    const sent = log.find(
      ({ partition, value, key }) =>
        partition === broken.partition && same(value, broken.value) && same(key, broken.key),
    );
    assert.ok(sent, `${what} is in the log`);
    const letter = letters.find(
      ({ partition, headers }) =>
        partition === sent.partition && text(headers['tidemark-offset']) === String(sent.offset),
    );
    assert.ok(letter, `${what} has a dead letter`);
    assert.equal(text(letter.headers['tidemark-code']), code, what);
    assert.equal(text(letter.headers['tidemark-topic']), installation.client.topicName('swaps'));
    assert.equal(text(letter.headers['tidemark-partition']), String(sent.partition));
    assert.ok(text(letter.headers['tidemark-reason']), `${what}: the letter says why`);
    assert.ok(same(letter.key, broken.key), `${what} keeps its key`);
    if ((sent.value?.length ?? 0) <= deadLetterMaxBytes)
      assert.ok(same(letter.value, broken.value), `${what} keeps its bytes`);
    else assert.equal(text(letter.headers['tidemark-length']), String(sent.value!.length));
  }
});

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

function same(found: Uint8Array | null, sent: string | Uint8Array | null): boolean {
  if (found === null || sent === null) return found === sent;
  return Buffer.from(found).equals(Buffer.from(sent as string));
}
