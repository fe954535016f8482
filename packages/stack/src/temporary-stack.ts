import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Lock, tryLock } from './directory-lock.ts';
import { removePostgresData } from './postgres-home.ts';
import { ProcessRegistry } from './process-registry.ts';
import { type Stack, startStack } from './stack.ts';

const lockName = 'lock';
/** A younger folder may belong to a run that is about to take its lock. */
const leftoverAgeMs = 60_000;

export interface TemporaryStackOptions {
  /** Begins the name of the folder, and tells the leftovers of this use from those of others: such as `tidemark-test-`. */
  prefix: string;
  onProgress: (message: string) => void;
}

export interface TemporaryStack {
  /** Where the servers keep their data; free for more, until it is removed. */
  dir: string;
  stack: Stack;
  /** Stops the servers and removes their folder. */
  dispose(): Promise<void>;
}

/** Servers on free ports in a folder that is gone afterwards, also beside a running `npm start` or another run like it. */
export async function startTemporaryStack({ prefix, onProgress }: TemporaryStackOptions): Promise<TemporaryStack> {
  await removeLeftovers(prefix, onProgress);
  const dir = await mkdtemp(join(tmpdir(), prefix));
  // As root, Postgres runs as another user, who must be able to enter.
  await chmod(dir, 0o711);
  const lock = tryLock(join(dir, lockName));
  if (lock === undefined) throw new Error(`${dir} is locked although it is new`);
  try {
    const stack = await startStack({ dir, onProgress, onExit: (_name, message) => onProgress(message) });
    return {
      dir,
      stack,
      async dispose() {
        await stack.stop();
        await remove(dir, lock);
      },
    };
  } catch (error) {
    await remove(dir, lock);
    throw error;
  }
}

/** Runs that were killed leave servers and a folder behind. */
async function removeLeftovers(prefix: string, onProgress: (message: string) => void): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const dir = join(tmpdir(), name);
    if (!name.startsWith(prefix) || !(await isOldAndOurs(dir))) continue;
    const lock = tryLock(join(dir, lockName));
    if (lock === undefined) continue;
    await new ProcessRegistry(dir).endOrphans(onProgress);
    await remove(dir, lock);
    onProgress(`removed ${dir}, left by a run that was killed`);
  }
}

async function isOldAndOurs(dir: string): Promise<boolean> {
  const lock = await stat(join(dir, lockName)).catch(() => undefined);
  return lock !== undefined && lock.uid === process.getuid?.() && Date.now() - lock.birthtimeMs > leftoverAgeMs;
}

async function remove(dir: string, lock: Lock): Promise<void> {
  await removePostgresData(dir);
  await rm(dir, { recursive: true, force: true });
  lock.release();
}
