import { randomUUID } from 'node:crypto';
import { partitionOf } from '@tidemark/domain';
import { CodedError } from '@tidemark/runtime';
import type { PartitionKey, StoredShard } from './checkpoint.ts';
import { checksum, name, type StoredBytes } from './integrity.ts';
import type { MemoryCheckpointStore } from './memory-store.ts';
import type { Rebuild, RebuildPlan, RebuildProgress, RebuiltHead } from './rebuild.ts';

/** A rebuild in a store in memory, where nothing can be cut off half-way. */
export class MemoryRebuild implements Rebuild {
  readonly key: PartitionKey;
  readonly plan: RebuildPlan;
  readonly generation: number;
  readonly #store: MemoryCheckpointStore;
  readonly #shards = new Map<number, StoredBytes & { atOffset: number }>();
  #isSwitched = false;

  constructor(store: MemoryCheckpointStore, key: PartitionKey, plan: RebuildPlan, generation: number) {
    this.#store = store;
    this.key = key;
    this.plan = plan;
    this.generation = generation;
  }

  async write(_progress: RebuildProgress, { candles, tokens }: Parameters<Rebuild['write']>[1]): Promise<void> {
    this.#store.candles.write({ generation: this.generation, candlesFromMs: this.plan.candlesFromMs }, candles);
    for (const token of tokens) this.#store.tokens.set(token.token, token);
  }

  async writeShards(codec: number, shards: StoredShard[]): Promise<void> {
    for (const { shard, atOffset, bytes } of shards)
      this.#shards.set(shard, { atOffset, codec, checksum: checksum(bytes), bytes });
  }

  async switchOver({ nextOffset, head, lastRecord }: RebuiltHead): Promise<void> {
    const { candlesFromMs, rulesHash, partitionCount, startOffset, topicId = null, supersedes } = this.plan;
    if ((this.#store.rows.get(name(this.key))?.generation ?? 0) !== supersedes)
      throw new CodedError('FENCED', `${name(this.key)}: somebody began to count it meanwhile; rebuild it again`);
    this.#store.rows.set(name(this.key), {
      key: this.key,
      generation: this.generation,
      epoch: 1 + (this.#store.rows.get(name(this.key))?.epoch ?? 0),
      owner: randomUUID(),
      replayFrom: nextOffset,
      nextOffset,
      candlesFromMs,
      counting: { rulesHash, partitionCount, startOffset, topicId },
      head: structuredClone(head),
      lastRecord,
      shards: this.#shards,
      deltas: [],
    });
    for (const [id, { key }] of this.#store.rows)
      if (key.groupId === this.key.groupId && key.topic === this.key.topic && key.partition >= partitionCount)
        this.#store.rows.delete(id);
    this.#store.candles.supersede(this.generation, candlesFromMs, this.#isOurs);
    this.#isSwitched = true;
  }

  async close(): Promise<void> {
    this.#store.rebuilds.delete(name(this.key));
    if (!this.#isSwitched) this.#store.candles.removeGeneration(this.generation, this.#isOurs);
  }

  readonly #isOurs = (token: string): boolean => partitionOf(token, this.plan.partitionCount) === this.key.partition;
}
