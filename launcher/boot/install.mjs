import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './say.mjs';

/**
 * Installs the workspace when what it is installed from has changed since; otherwise touches neither disk nor network.
 * Returns the path of Node 24, or undefined when the installation failed, which then has been said.
 */
export function installWorkspace(root) {
  const modules = join(root, 'node_modules');
  const stampFile = join(modules, '.tidemark-installed');
  const stamp = installStamp(root);
  const leftByNpm = join(modules, '.package-lock.json');
  if (existsSync(leftByNpm)) {
    say('npm has installed here; starting over with pnpm, which this workspace is made for');
    rmSync(modules, { recursive: true, force: true });
    rmSync(join(root, 'package-lock.json'), { force: true });
  }
  if (readIfThere(stampFile) !== stamp) {
    const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    say(`installing the packages with ${packageManager}`);
    const { status, error } = spawnSync('npx', ['-y', packageManager, 'install', '--frozen-lockfile'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      // The version is pinned; there is nothing to update by hand.
      env: { ...process.env, NO_UPDATE_NOTIFIER: '1', npm_config_update_notifier: 'false' },
    });
    if (status !== 0) {
      const why = error ? `npx could not be run (${error.message})` : `pnpm ended with ${status}`;
      say(`INSTALL_FAILED: ${why}; see the lines above, and try again`);
      return undefined;
    }
    writeFileSync(stampFile, stamp);
  }
  return realpathSync(join(modules, 'node', 'bin', 'node'));
}

/** A hash of all that an installation follows from. */
function installStamp(root) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];
  for (const folder of ['', 'packages', 'services']) {
    for (const name of listIfThere(join(root, folder))) files.push(join(folder, name, 'package.json'));
  }
  for (const name of listIfThere(join(root, 'patches'))) files.push(join('patches', name));
  for (const file of files) {
    const text = readIfThere(join(root, file));
    if (text !== undefined) hash.update(`\0${file}\0${text}`);
  }
  return hash.digest('hex');
}

function listIfThere(folder) {
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(error.code)) return undefined;
    throw error;
  }
}
