import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A directory that is removed after the test. */
export async function temporaryDir(test: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-test-'));
  test.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
