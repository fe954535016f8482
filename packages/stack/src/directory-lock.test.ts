import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { tryLock } from './directory-lock.ts';

describe('the lock of a directory', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-lock-'));
  const file = join(dir, 'lock');
  after(() => rmSync(dir, { recursive: true }));

  test('has one holder at a time', () => {
    const lock = tryLock(file);
    assert.ok(lock);
    assert.equal(tryLock(file), undefined);
    lock.release();
    const next = tryLock(file);
    assert.ok(next);
    next.release();
  });

  test('ends with a holder that is killed', async () => {
    const module = join(import.meta.dirname, 'directory-lock.ts');
    const script = `import { tryLock } from ${JSON.stringify(module)};
      globalThis.lock = tryLock(${JSON.stringify(file)});
      process.stdout.write('held');
      setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    assert.equal(tryLock(file), undefined);
    holder.kill('SIGKILL');
    await new Promise((resolve) => holder.once('exit', resolve));
    const lock = tryLock(file);
    assert.ok(lock);
    lock.release();
  });
});
