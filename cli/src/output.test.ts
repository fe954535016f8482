import assert from 'node:assert/strict';
import { test } from 'node:test';
import { table } from './output.ts';

test('columns are as wide as their longest cell, numbers to the right', () => {
  const rows = [
    { name: 'a', count: 5 },
    { name: 'longer', count: 12_345 },
  ];
  assert.equal(
    table(rows, [
      { title: 'NAME', value: ({ name }) => name },
      { title: 'COUNT', value: ({ count }) => String(count), align: 'right' },
      { title: 'LAST', value: ({ name }) => name },
    ]),
    ['NAME    COUNT  LAST', 'a           5  a', 'longer  12345  longer'].join('\n'),
  );
});

test('without rows the titles stand alone', () => {
  assert.equal(table([], [{ title: 'NAME', value: String }]), 'NAME');
});
