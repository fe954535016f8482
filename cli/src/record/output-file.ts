import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';

/** Where lines go: a file, which is replaced, or standard output. */
export class LineOutput {
  readonly #stream: Writable;
  readonly #isStandardOutput: boolean;
  readonly #failed = Promise.withResolvers<never>();

  /** `-` is standard output. */
  constructor(path: string) {
    this.#isStandardOutput = path === '-';
    this.#stream = this.#isStandardOutput ? process.stdout : createWriteStream(path);
    this.#failed.promise.catch(() => undefined);
    this.#stream.on('error', this.#failed.reject);
  }

  /** Resolves when there is room for more; rejects when the output is broken, also by an earlier line. */
  async write(line: string): Promise<void> {
    if (this.#stream.write(`${line}\n`)) return;
    await Promise.race([once(this.#stream, 'drain'), this.#failed.promise]);
  }

  /** Resolves when all lines are out. */
  async close(): Promise<void> {
    if (this.#isStandardOutput) return;
    this.#stream.end();
    await Promise.race([once(this.#stream, 'close'), this.#failed.promise]);
  }
}
