import type { JudgedToken, Judging } from './judging.ts';
import { NO_WATERMARK } from './judging.ts';
import type { Shards } from './shards.ts';
import type { Counters, Head } from './types.ts';

/** What every state has that judges a log: tokens, watermarks and counters, and shards of them that are cut together. */
export abstract class JudgedState<T extends JudgedToken<K> & { readonly shard: number }, K> {
  protected readonly judging: Judging<T, K>;
  protected readonly shards: Shards<T>;
  protected watermarkAtCutMs = NO_WATERMARK;
  /** Something was counted that a journal need not tell. */
  protected hasCountedSinceCut = false;

  constructor(judging: Judging<T, K>, shards: Shards<T>) {
    this.judging = judging;
    this.shards = shards;
  }

  get watermarkMs(): number | null {
    const { watermarkMs } = this.judging;
    return watermarkMs === NO_WATERMARK ? null : watermarkMs;
  }

  get counters(): Readonly<Counters> {
    return this.judging.counters;
  }

  get tokenCount(): number {
    return this.judging.tokens.size;
  }

  has(token: string): boolean {
    return this.judging.tokens.has(token);
  }

  get shardCount(): number {
    return this.shards.count;
  }

  shardOf(token: string): number {
    return this.shards.shardOf(token);
  }

  dirtyShards(): number[] {
    return this.shards.dirty();
  }

  restoreHead(head: Head): void {
    this.judging.restore(head);
    this.startCut();
  }

  protected add(state: T, timestampMs: number): void {
    this.judging.add(state, timestampMs);
    this.shards.add(state);
  }

  protected startCut(): void {
    this.watermarkAtCutMs = this.judging.watermarkMs;
    this.hasCountedSinceCut = false;
    this.shards.startCut();
  }
}
