import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deadLetter, deadLetterMaxBytes } from './dead-letter.ts';
import { type DeadLetter, placeOf, readDeadRecord, replayMark } from './dead-letter-reading.ts';

const rejected = {
  topic: 'x.swaps',
  partition: 3,
  offset: 41,
  key: Buffer.from('k'),
  value: Buffer.from('{}'),
  code: 'SCHEMA',
  reason: 'id: Required',
};

function read(more: Partial<Parameters<typeof deadLetter>[0]> = {}): DeadLetter {
  const { key, value, headers } = deadLetter({ ...rejected, ...more });
  const bytes = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
  const letter = readDeadRecord({ key, value, headers: bytes });
  assert.ok(letter && 'code' in letter);
  return letter;
}

describe('a record of swaps.dead', () => {
  test('reads back as the letter that was written', () => {
    const { id, ...letter } = read();
    assert.deepEqual(letter, { ...rejected, cut: {} });
    assert.match(id, /^[\w-]{22}$/);
  });

  test('has the same id when the same record is rejected again, whatever for', () => {
    assert.equal(read({ code: 'LATE', reason: 'too late' }).id, read().id);
  });

  test('has another id at another place, and with other bytes at the same place of a topic that was made again', () => {
    const others = [
      read({ offset: 42 }),
      read({ partition: 4 }),
      read({ topic: 'swaps' }),
      read({ value: Buffer.from('{ }') }),
      read({ value: null }),
      read({ key: Buffer.from('k{'), value: Buffer.from('}') }),
    ];
    assert.equal(new Set([read(), ...others].map(({ id }) => id)).size, others.length + 1);
  });

  test('says of what was cut how long it was', () => {
    const long = Buffer.alloc(deadLetterMaxBytes + 7, 'a');
    assert.equal(read({ value: long }).cut.value!.length, long.length);
    assert.equal(read({ key: long }).cut.key!.length, long.length);
  });

  test('may be a mark, which names the letter and where its record stands now', () => {
    const mark = { letterId: read().id, to: placeOf({ topic: 'x.swaps', partition: 5, offset: 99 }) };
    const { headers, ...rest } = replayMark(mark);
    const bytes = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
    assert.deepEqual(readDeadRecord({ ...rest, headers: bytes }), mark);
    assert.equal(mark.to, 'x.swaps/5@99');
  });

  test('may be nothing of ours', () => {
    assert.equal(readDeadRecord({ key: null, value: null, headers: {} }), null);
    assert.equal(readDeadRecord({ key: null, value: null, headers: { 'tidemark-topic': Buffer.from('swaps') } }), null);
  });
});
