import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '@tidemark/runtime';
import { type Lock, ProcessRegistry, removePostgresData, tryLock } from '@tidemark/stack';
import { readLauncherState } from './launcher-state.ts';

/** To be raised when data of an earlier release can no longer be read: by another major version of a server, for one. */
const layoutVersion = '1';

const lockName = 'lock';
const stoppingWaitMs = 60_000;
/** A launcher that was just killed may not have noticed yet. */
const runningWaitMs = 2_000;
const pollMs = 200;

/**
 * Takes the directory for this launcher, making it when it is not there.
 * @throws CodedError DIRECTORY_FOREIGN, DIRECTORY_INCOMPATIBLE or ALREADY_RUNNING.
 */
export async function takeDirectory(
  dir: string,
  { reset, onProgress }: { reset: boolean; onProgress: (message: string) => void },
): Promise<Lock> {
  const versionFile = join(dir, 'VERSION');
  if (!existsSync(versionFile)) {
    if (existsSync(dir) && readdirSync(dir).length > 0) {
      throw new CodedError(
        'DIRECTORY_FOREIGN',
        `${dir} holds other files and no VERSION, so it is not Tidemark's; set TIDEMARK_DIR to an empty or a new directory`,
      );
    }
    mkdirSync(dir, { recursive: true });
    writeFileSync(versionFile, `${layoutVersion}\n`);
  }
  const lock = await waitForLock(dir, onProgress);
  const version = readFileSync(versionFile, 'utf8').trim();
  if (reset) {
    await deleteData(dir, onProgress);
    writeFileSync(versionFile, `${layoutVersion}\n`);
  } else if (version !== layoutVersion) {
    lock.release();
    throw new CodedError(
      'DIRECTORY_INCOMPATIBLE',
      `${dir} has layout ${version}, this release has ${layoutVersion}: run the release that made it, or begin anew with npm start -- --reset`,
    );
  }
  return lock;
}

async function waitForLock(dir: string, onProgress: (message: string) => void): Promise<Lock> {
  const startMs = performance.now();
  for (let said = false; ; await sleep(pollMs)) {
    const lock = tryLock(join(dir, lockName));
    if (lock) return lock;
    const { pid, state, api, gateway } = readLauncherState(dir);
    if (performance.now() - startMs > (state === 'stopping' ? stoppingWaitMs : runningWaitMs)) {
      const addresses = [api, gateway].filter(Boolean).join(', ');
      throw new CodedError(
        'ALREADY_RUNNING',
        `already running in ${dir}: pid ${pid ?? 'not yet known'}${addresses && `, ${addresses}`}; stop it, or set TIDEMARK_DIR to another directory`,
      );
    }
    if (state === 'stopping' && !said) {
      onProgress(`waits for pid ${pid}, which is stopping`);
      said = true;
    }
  }
}

/** Everything but the lock, which is held. Jars are in the cache, not here. */
async function deleteData(dir: string, onProgress: (message: string) => void): Promise<void> {
  await new ProcessRegistry(dir).endOrphans(onProgress);
  await removePostgresData(dir);
  for (const name of readdirSync(dir)) {
    if (!name.startsWith(lockName)) await rm(join(dir, name), { recursive: true, force: true });
  }
  onProgress(`deleted the data in ${dir}`);
}
