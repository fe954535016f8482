import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { markdownTable } from '@tidemark/testing';
import { schema } from './config.ts';
import { problems } from './problems.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the README lists every problem code with its status and meaning', () => {
  const expected = Object.entries(problems).map(([code, { status, title }]) => [code, String(status), title]);
  assert.deepEqual(markdownTable(readme, ['code', 'status', 'meaning']), expected);
});

test('the README lists the settings of this service with their meaning', () => {
  for (const [name, , meaning] of markdownTable(readme, ['setting', 'default', 'meaning'])) {
    assert.equal(schema.shape[name as keyof typeof schema.shape]?.description, meaning, name);
  }
});
