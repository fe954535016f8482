import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface SpooledLine {
  appendTimeMs: number;
  text: string;
}

/** Beyond this many characters in memory, lines go to temporary files. */
export const maxHeldCharacters = 64 * 1_048_576;

/**
 * Holds lines of several partitions, each in the order of its log, and gives them out merged by append time: read one partition
 * after the other, a log would be played back in an order in which nothing ever happened.
 */
export class Spool {
  readonly #maxHeld: number;
  #held = new Map<number, SpooledLine[]>();
  #heldCharacters = 0;
  #dir: string | undefined;
  readonly #files = new Map<number, WriteStream>();

  constructor(maxHeld = maxHeldCharacters) {
    this.#maxHeld = maxHeld;
  }

  /** `text` without line breaks. Calls do not overlap. */
  async add(partition: number, lines: readonly SpooledLine[]): Promise<void> {
    const held = this.#held.get(partition) ?? [];
    this.#held.set(partition, held);
    for (const line of lines) {
      held.push(line);
      this.#heldCharacters += line.text.length;
    }
    if (this.#heldCharacters > this.#maxHeld) await this.#spill();
  }

  /** All lines, the one appended first to its log first; equal times by partition. */
  async *merged(): AsyncGenerator<string> {
    if (this.#files.size > 0) await this.#spill();
    const sources = [...this.#held.keys()]
      .toSorted((a, b) => a - b)
      .map((partition) => this.#linesOf(partition)[Symbol.asyncIterator]());
    const heads = await Promise.all(sources.map((source) => source.next()));
    for (;;) {
      let first = -1;
      for (const [at, head] of heads.entries()) {
        if (head.done) continue;
        const best = heads[first];
        if (best === undefined || best.done || head.value.appendTimeMs < best.value.appendTimeMs) first = at;
      }
      const head = heads[first];
      if (head === undefined || head.done) return;
      yield head.value.text;
      heads[first] = await sources[first]!.next();
    }
  }

  async dispose(): Promise<void> {
    for (const file of this.#files.values()) file.destroy();
    if (this.#dir !== undefined) await rm(this.#dir, { recursive: true, force: true });
  }

  async #spill(): Promise<void> {
    this.#dir ??= await mkdtemp(join(tmpdir(), 'tidemark-record-'));
    for (const [partition, lines] of this.#held) {
      if (lines.length === 0) continue;
      const file = this.#files.get(partition) ?? createWriteStream(this.#path(partition));
      this.#files.set(partition, file);
      const text = lines.map((line) => `${line.appendTimeMs} ${line.text}\n`).join('');
      if (!file.write(text)) await once(file, 'drain');
      this.#held.set(partition, []);
    }
    this.#heldCharacters = 0;
  }

  async *#linesOf(partition: number): AsyncGenerator<SpooledLine> {
    const file = this.#files.get(partition);
    if (file !== undefined) {
      file.end();
      await once(file, 'close');
      for await (const line of linesOf(this.#path(partition))) {
        const space = line.indexOf(' ');
        yield { appendTimeMs: Number(line.slice(0, space)), text: line.slice(space + 1) };
      }
    }
    yield* this.#held.get(partition) ?? [];
  }

  #path(partition: number): string {
    return join(this.#dir!, String(partition));
  }
}

/** Split at line feeds alone: readline would split at U+2028 too, which JSON leaves as it is. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(path, 'utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
}
