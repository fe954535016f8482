import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { partitionOf } from '@tidemark/domain';
import { isCoded } from '@tidemark/runtime';
import { storedLetter } from '../../test/letter-fixture.ts';
import { describeLetter, letterText } from './describe.ts';
import { prepareReplay } from './prepare.ts';

const to = { topic: 'x.swaps', partitionCount: 12, maxRecordBytes: 65_536, nowMs: 1_700_000_000_000 };
const swap = { id: 'a', token: 't', trader: 'w', side: 'buy', amount: '1', usd: '2', timestamp: to.nowMs };

function bytes(more: object = {}): Buffer {
  return Buffer.from(JSON.stringify({ ...swap, ...more }));
}

const coded = (code: Parameters<typeof isCoded>[1], message: RegExp) => (error: unknown) =>
  isCoded(error, code) && message.test(error.message);

describe('the record that replaces a dead letter', () => {
  test('has its bytes, under the key and in the partition of its token', () => {
    // It may carry a field of any name beside those of a swap.
    const value = bytes({ code: 'extra' });
    const letter = storedLetter({ partition: 3, offset: 41, code: 'PARTITION_MISMATCH', key: Buffer.from('?'), value });
    assert.deepEqual(prepareReplay(letter, null, to), {
      topic: 'swaps',
      partition: partitionOf('t', 12),
      key: 't',
      value,
      headers: { 'tidemark-replay-of': 'x.swaps/3@41' },
    });
  });

  test('has the corrected bytes where there are, also of a letter that was cut', () => {
    const cut = { value: { length: 70_000, sha256: 'x' } };
    const value = bytes();
    assert.equal(prepareReplay(storedLetter({ cut }), value, to).value, value);
    assert.throws(() => prepareReplay(storedLetter({ cut }), null, to), coded('DEAD_LETTER_TRUNCATED', /70000/));
  });

  test('is refused when it would surely be rejected again, or belongs elsewhere', () => {
    for (const [value, message] of [
      [Buffer.from('{'), /x\.swaps\/0@0: NOT_JSON/],
      [null, /NOT_JSON/],
      [bytes({ usd: 2 }), /SCHEMA: usd/],
      [bytes({ trader: `0x${'A'.repeat(40)}` }), /ADDRESS_NOT_NORMALISED/],
      [bytes({ timestamp: to.nowMs + 60_001 }), /FUTURE/],
    ] as const)
      assert.throws(() => prepareReplay(storedLetter({ value }), null, to), coded('DEAD_LETTER_INVALID', message));
    assert.throws(
      () => prepareReplay(storedLetter({ topic: 'y.swaps', value: bytes() }), null, to),
      coded('DEAD_LETTER_INVALID', /not a record of x\.swaps/),
    );
  });
});

test('a letter is shown with what would be said of it today, and nothing in it reaches the terminal as a command', () => {
  const letter = storedLetter({ value: Buffer.from('{"a":"\u001b[2J"'), key: Buffer.from([0xff]) });
  const text = letterText(describeLetter(letter, null, to));
  assert.match(text, /^rejected {2}.* as SCHEMA: id: Required$/m);
  assert.match(text, /^today {5}NOT_JSON: /m);
  assert.match(text, /^replayed {2}no$/m);
  assert.match(text, /^key {7}base64 \/w==$/m);
  assert.match(text, /^value {5}\{"a":"\\u001b\[2J"$/m);
  const valid = describeLetter(storedLetter({ value: bytes() }), 'x.swaps/1@2', to);
  assert.equal(valid.now, 'a swap: replay sends it');
  assert.match(letterText(valid), /^replayed {2}x\.swaps\/1@2$/m);
});
