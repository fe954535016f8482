import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDir } from '../../test/temporary-dir.ts';
import { maxLineBytes, readLines } from './lines.ts';

async function linesOf(dir: string, content: string | Uint8Array): Promise<[number, string | null][]> {
  const path = join(dir, 'lines');
  await writeFile(path, content);
  const found: [number, string | null][] = [];
  for await (const lines of readLines(path)) {
    for (const { number, bytes } of lines) found.push([number, bytes && Buffer.from(bytes).toString()]);
  }
  return found;
}

test('lines are numbered as an editor does, empty ones are left out, and the last needs no end', async (context) => {
  const dir = await temporaryDir(context);
  assert.deepEqual(await linesOf(dir, 'a\n\nb\r\n\r\nc'), [
    [1, 'a'],
    [3, 'b'],
    [5, 'c'],
  ]);
  assert.deepEqual(await linesOf(dir, ''), []);
  assert.deepEqual(await linesOf(dir, '\uFEFFa\n'), [[1, 'a']]);
});

test('lines come whole where the reads of the file divide them', async (context) => {
  const dir = await temporaryDir(context);
  const texts = Array.from({ length: 400 }, (_, at) => `${at}:`.padEnd((at * 7919) % 12_000, 'é'));
  const found = await linesOf(dir, texts.join('\n'));
  assert.deepEqual(
    found.map(([, text]) => text),
    texts,
  );
});

test('a line that is too long is passed over, and the lines after it keep their numbers', async (context) => {
  const dir = await temporaryDir(context);
  const fits = 'y'.repeat(maxLineBytes);
  assert.deepEqual(await linesOf(dir, `a\n${'x'.repeat(3 * maxLineBytes)}\n${fits}\nb\n${fits}z`), [
    [1, 'a'],
    [2, null],
    [3, fits],
    [4, 'b'],
    [5, null],
  ]);
});
