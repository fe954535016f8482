import { murmur2 } from '../murmur2.ts';

const DEFAULT_SHARD_COUNT = 256;

/** The tokens of a state in shards, and which of those changed: since the last cut, and since they were last encoded or restored. */
export class Shards<T extends { readonly token: string; readonly shard: number }> {
  readonly count: number;
  readonly #shards: Map<string, T>[];
  readonly #changedSinceCut = new Set<number>();
  readonly #dirty = new Set<number>();

  constructor(count = DEFAULT_SHARD_COUNT) {
    this.count = count;
    this.#shards = Array.from({ length: count }, () => new Map<string, T>());
  }

  shardOf(token: string): number {
    return (murmur2(Buffer.from(token)) >>> 8) % this.count;
  }

  add(state: T): void {
    this.#shards[state.shard]!.set(state.token, state);
  }

  remove(state: T): void {
    this.#shards[state.shard]!.delete(state.token);
  }

  touch(shard: number): void {
    this.#changedSinceCut.add(shard);
    this.#dirty.add(shard);
  }

  /** Ascending. */
  dirty(): number[] {
    return [...this.#dirty].toSorted((a, b) => a - b);
  }

  startCut(): void {
    this.#changedSinceCut.clear();
  }

  /** The shard's tokens, to be encoded as they are now. @throws when it changed since the last cut. */
  begin(shard: number): Iterable<T> {
    if (this.#changedSinceCut.has(shard)) {
      throw new Error(
        `shard ${shard} changed since the last cut; a base is consistent with its journals only at a cut`,
      );
    }
    this.#dirty.delete(shard);
    return this.#shards[shard]!.values();
  }

  restored(shard: number): void {
    this.#dirty.delete(shard);
  }
}
