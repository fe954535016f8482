import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatMarkdownTable, replaceBlock } from './markdown.ts';

describe('a generated block', () => {
  const document = 'before\n\n<!-- x: written by `npm run bench -- report` -->\nold\n<!-- x: end -->\nafter\n';

  const x = { name: 'x', command: 'npm run bench -- report' };

  test('is all that changes in its document', () => {
    const replaced = replaceBlock(document, x, 'new\n');
    assert.equal(
      replaced,
      'before\n\n<!-- x: written by `npm run bench -- report` -->\n\nnew\n\n<!-- x: end -->\nafter\n',
    );
    assert.equal(replaceBlock(replaced, x, 'new'), replaced);
  });

  test('that is missing is an error', () => {
    assert.throws(() => replaceBlock(document, { ...x, name: 'y' }, 'new'), /lacks "<!-- y: written by/);
  });
});

test('a table keeps what looks like a border of it inside its cell', () => {
  const table = formatMarkdownTable(
    [{ name: 'a|b', count: 3 }],
    [
      { title: 'name', value: ({ name }) => name },
      { title: 'count', align: 'right', value: ({ count }) => String(count) },
    ],
  );
  assert.equal(table, '| name | count |\n| --- | --: |\n| a\\|b | 3 |');
});
