import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { temporaryDir } from '../test/temporary-dir.ts';
import { StateFile } from './state-file.ts';

const schema = z.object({ line: z.number() });

test('what was written is read, and nothing else is left in the directory', async (context) => {
  const dir = join(await temporaryDir(context), 'deep', 'down');
  const file = new StateFile(join(dir, 'state.json'), schema);
  assert.equal(await file.read(), undefined);
  await file.write({ line: 1 });
  await file.write({ line: 2 });
  assert.deepEqual(await file.read(), { line: 2 });
  assert.deepEqual(await readdir(dir), ['state.json']);
});

test('a file of something else is refused by its name', async (context) => {
  const path = join(await temporaryDir(context), 'state.json');
  for (const content of ['', '{"line":', '{"line":"1"}', '[]']) {
    await writeFile(path, content);
    await assert.rejects(new StateFile(path, schema).read(), {
      code: 'PRODUCER_STATE_INVALID',
      message: /state\.json/,
    });
  }
});
