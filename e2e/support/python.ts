import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const cache = join(import.meta.dirname, '..', '..', 'node_modules', '.cache');
const installTimeoutMs = 120_000;

/** An interpreter that has the packages, or why there is none. */
export type Python = { python: string } | { missing: string };

/** Python with packages such as `PyYAML==6.0.3`, installed once into an environment of their own below node_modules. */
export async function pythonWith(...packages: string[]): Promise<Python> {
  const name = `python-${createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 12)}`;
  const home = join(cache, name);
  const python = join(home, 'bin', 'python');
  if (await exists(python)) return { python };
  // Another test run may be at the same: each prepares its own, and the first one to end is the one that stays.
  const unfinished = `${home}.${process.pid}`;
  try {
    await run('python3', ['-m', 'venv', unfinished], { timeout: installTimeoutMs });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
    await run(join(unfinished, 'bin', 'python'), pip, { timeout: installTimeoutMs });
    await rename(unfinished, home).catch(() => undefined);
    return { python };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { missing: code === 'ENOENT' ? 'there is no python3' : `${packages.join(', ')}: ${message.split('\n')[0]}` };
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
