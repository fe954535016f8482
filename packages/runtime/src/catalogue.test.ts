import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { markdownTable } from '@tidemark/testing';
import { catalogue } from './catalogue.ts';
import { exitCodes } from './errors.ts';

test('docs/operations.md lists every error code with its meaning, its remedy and its exit code', async () => {
  const text = await readFile(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  const documented = markdownTable(text, ['code', 'meaning', 'what to do', 'exit code']);
  const rows = Object.entries(catalogue).map(([code, { meaning, remedy, exit }]) => [
    code,
    meaning,
    remedy,
    String(exitCodes[exit]),
  ]);
  assert.deepEqual(documented, rows);
});
