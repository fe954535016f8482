import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from './tiltfile.ts';

const run = promisify(execFile);

/** A copy of the sources, to change without touching the repository's. */
export class Checkout {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Takes every file that git knows or would take, as it is now. */
  static async copyTo(folder: string): Promise<Checkout> {
    const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: repository,
      maxBuffer: 16 * 1_048_576,
    });
    for (const path of stdout.split('\0').filter((one) => one !== '')) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await cp(join(repository, path), join(folder, path));
    }
    return new Checkout(folder);
  }

  /** Replaces the one place in a file. */
  async edit(path: string, from: string, to: string): Promise<void> {
    const text = await readFile(join(this.folder, path), 'utf8');
    const parts = text.split(from);
    if (parts.length !== 2) throw new Error(`${path} has ${from} in ${parts.length - 1} places`);
    await writeFile(join(this.folder, path), parts.join(to));
  }
}
