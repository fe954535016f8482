import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedLetter } from '../../test/letter-fixture.ts';
import { matches, parseSince, parseWhere } from './filter.ts';

const nowMs = 1_700_000_000_000;

test('a letter is meant when all that is given holds', () => {
  const letter = storedLetter({ partition: 3, offset: 41, code: 'LATE', topic: 'x.swaps', rejectedAtMs: nowMs });
  const all = { partition: 3, offset: 41, code: 'LATE', topic: 'x.swaps', sinceMs: nowMs };
  assert.ok(matches({}, letter));
  assert.ok(matches(all, letter));
  for (const other of [
    { partition: 4 },
    { offset: 40 },
    { code: 'SCHEMA' },
    { topic: 'swaps' },
    { sinceMs: nowMs + 1 },
  ])
    assert.ok(!matches({ ...all, ...other }, letter), JSON.stringify(other));
});

test('a record is named as <partition>@<offset>', () => {
  assert.deepEqual(parseWhere('3@41'), { partition: 3, offset: 41 });
  for (const text of ['3', '3@', '@41', '3@-1', '3@41@5', 'a@1', '']) assert.throws(() => parseWhere(text), text);
});

test('since is an age or a moment', () => {
  assert.equal(parseSince('2h', nowMs), nowMs - 7_200_000);
  assert.equal(parseSince('2026-01-31T12:00Z', nowMs), Date.UTC(2026, 0, 31, 12));
  for (const text of ['yesterday', '2026-13-01', '', '2 h']) assert.throws(() => parseSince(text, nowMs), text);
});
