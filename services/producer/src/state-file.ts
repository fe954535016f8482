import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CodedError } from '@tidemark/runtime';
import type { z } from 'zod';

/** One JSON value in a file: replaced as a whole, so that a reader never sees half of it. */
export class StateFile<T> {
  readonly path: string;
  readonly #schema: z.ZodType<T>;

  constructor(path: string, schema: z.ZodType<T>) {
    this.path = path;
    this.#schema = schema;
  }

  /**
   * Undefined where there is no file.
   * @throws CodedError PRODUCER_STATE_INVALID when the file holds something else
   */
  async read(): Promise<T | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      return this.#schema.parse(JSON.parse(text));
    } catch (error) {
      throw new CodedError('PRODUCER_STATE_INVALID', `${this.path} is not what this release wrote there`, {
        cause: error,
      });
    }
  }

  async write(value: T): Promise<void> {
    const unfinished = `${this.path}.new`;
    await mkdir(dirname(this.path), { recursive: true });
    await writeFile(unfinished, `${JSON.stringify(value)}\n`, { mode: 0o600 });
    await rename(unfinished, this.path);
  }
}
