import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, open, rm, rmdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { silentLogger } from '@tidemark/runtime';
import { createPostgres, type Pool } from '@tidemark/store';
import type { Prepared, PreparedServers } from '../scenario.ts';

const run = promisify(execFile);
const sizeMebibytes = 192;
const mebibyte = 1_048_576;

/** A disk of its own that can be filled is a file system in memory, which only root may mount. */
export async function missingSmallDisk(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `needs Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'needs root, to mount a small disk';
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-disk-'));
  try {
    await mount(dir);
    await run('umount', [dir]);
    return undefined;
  } catch {
    return 'mounting a small disk is not allowed here';
  } finally {
    await rmdir(dir);
  }
}

/** A tablespace on a small disk. */
export async function provideSmallDisk({ postgres }: PreparedServers): Promise<Prepared> {
  const pool = createPostgres({ url: postgres, log: silentLogger(), max: 1 });
  const { rows } = await pool.query<{ data_directory: string }>('SHOW data_directory');
  const { uid, gid } = await stat(rows[0]!.data_directory);
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-disk-'));
  await chown(dir, uid, gid);
  await mount(dir);
  await chown(dir, uid, gid);
  const tablespace = `small${randomBytes(4).toString('hex')}`;
  await pool.query(`CREATE TABLESPACE ${tablespace} LOCATION '${dir}'`);
  return {
    tablespace,
    async dispose() {
      await pool.query(`DROP TABLESPACE ${tablespace}`).catch(() => undefined);
      await pool.end();
      // Lazily: the server may still have a file of it open.
      await run('umount', ['--lazy', dir]);
      await rmdir(dir);
    },
  };
}

/** Fills the disk on which the database lies; answers with how to free it. */
export async function fillDisk(pool: Pool): Promise<() => Promise<void>> {
  const { rows } = await pool.query<{ location: string }>(
    `SELECT pg_tablespace_location(dattablespace) AS location FROM pg_database WHERE datname = current_database()`,
  );
  const path = join(rows[0]!.location, 'filler');
  const file = await open(path, 'w');
  const block = Buffer.alloc(mebibyte);
  try {
    // Smaller and smaller, down to a single page.
    for (let size = mebibyte; size >= 4_096; ) {
      const written = await file.write(block, 0, size).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOSPC') throw error;
        return undefined;
      });
      if (written === undefined) size /= 2;
    }
  } finally {
    await file.close();
  }
  return () => rm(path);
}

async function mount(dir: string): Promise<void> {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMebibytes}m`, 'tmpfs', dir]);
}
