import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { storedLetter } from '../../test/letter-fixture.ts';
import { LetterList } from './letter-list.ts';

describe('the list of dead letters', () => {
  test('counts each once, however often its record was rejected, by code', () => {
    const list = new LetterList({}, 10);
    for (const offset of [1, 2, 2, 1, 3]) list.letter(storedLetter({ offset }));
    list.letter(storedLetter({ offset: 4, code: 'LATE' }));
    assert.deepEqual(list.counts, [
      { code: 'SCHEMA', letters: 3 },
      { code: 'LATE', letters: 1 },
    ]);
    assert.equal(list.letters.length, 4);
    assert.equal(list.isInexact, false);
  });

  test('shows the newest, in whatever order partitions are read, and counts all that are meant', () => {
    const list = new LetterList({ code: 'SCHEMA' }, 2);
    for (const offset of [5, 1, 4, 2, 3]) list.letter(storedLetter({ offset, rejectedAtMs: offset }));
    list.letter(storedLetter({ offset: 9, rejectedAtMs: 9, code: 'LATE' }));
    assert.deepEqual(
      list.letters.map(({ offset }) => offset),
      [5, 4],
    );
    assert.deepEqual(list.counts, [{ code: 'SCHEMA', letters: 5 }]);
  });

  test('says where the record of a letter stands now', () => {
    const list = new LetterList({}, 2);
    list.letter(storedLetter({ offset: 1 }));
    list.letter(storedLetter({ offset: 2 }));
    list.mark({ letterId: '0@1', to: 'x.swaps/5@9' });
    assert.deepEqual(
      list.letters.map(({ offset, replayedTo }) => [offset, replayedTo]),
      [
        [1, 'x.swaps/5@9'],
        [2, null],
      ],
    );
  });

  test('says when there are more than it can remember', () => {
    const list = new LetterList({}, 2, 1);
    for (const offset of [1, 2]) list.letter(storedLetter({ offset }));
    assert.equal(list.isInexact, true);
  });
});
