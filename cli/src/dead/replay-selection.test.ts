import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CodedError, isCoded } from '@tidemark/runtime';
import { storedLetter } from '../../test/letter-fixture.ts';
import { ReplayedLetters, ReplaySelection } from './replay-selection.ts';

const record = { topic: 'swaps', partition: 0, key: 'k', value: 'v' } as const;

function select(offsets: number[], limit = 10) {
  const selection = new ReplaySelection({
    limit,
    isReplayed: ({ offset }) => offset === 1,
    prepare: ({ offset }) => {
      if (offset % 2 === 0) throw new CodedError('DEAD_LETTER_INVALID', `of ${offset}`);
      return record;
    },
  });
  for (const offset of offsets) selection.add(storedLetter({ offset }));
  return {
    ready: selection.ready.map(({ letter }) => letter.offset),
    refused: selection.refused.map(({ message }) => message),
    hasMore: selection.hasMore,
  };
}

describe('the letters that are replayed', () => {
  test('are each there once, and those that were replayed are not', () => {
    assert.deepEqual(select([1, 3, 5, 3, 2, 2]), { ready: [3, 5], refused: ['of 2'], hasMore: false });
  });

  test('are not kept back by those that are refused, however many', () => {
    assert.deepEqual(select([2, 4, 6, 3, 5], 2), { ready: [3, 5], refused: ['of 2', 'of 4'], hasMore: false });
  });

  test('are the first ones up to the limit, and it is known that there are more', () => {
    assert.deepEqual(select([3, 5, 7], 2), { ready: [3, 5], refused: [], hasMore: true });
    assert.deepEqual(select([3, 5, 5, 3], 2), { ready: [3, 5], refused: [], hasMore: false });
  });

  test('are none when more were replayed than can be remembered', () => {
    const replayed = new ReplayedLetters(1);
    replayed.add('a');
    assert.ok(replayed.has('a'));
    assert.throws(
      () => replayed.add('b'),
      (error) => isCoded(error, 'DEAD_LETTERS_TOO_MANY'),
    );
  });
});
