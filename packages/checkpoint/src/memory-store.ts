import { randomUUID } from 'node:crypto';
import { partitionOf, type TokenChange } from '@tidemark/domain';
import { CodedError } from '@tidemark/runtime';
import type {
  Checkpoint,
  CheckpointStore,
  Counting,
  LastRecord,
  Ownership,
  PartitionKey,
  Serving,
  Standing,
  StoredState,
} from './checkpoint.ts';
import { firstMinuteAfter, partitionCountChanged, requireSameCounting } from './counting.ts';
import { FencedError } from './fenced-error.ts';
import { checksum, name, type StoredBytes, verifyBytes, verifyChain } from './integrity.ts';
import { MemoryCandles } from './memory-candles.ts';
import { MemoryRebuild } from './memory-rebuild.ts';
import type { Rebuild, RebuildPlan, RebuildStore } from './rebuild.ts';

export interface MemoryRow {
  key: PartitionKey;
  generation: number;
  epoch: number;
  owner: string;
  replayFrom: number;
  nextOffset: number;
  candlesFromMs: number;
  counting: Counting;
  head: unknown;
  lastRecord: LastRecord | null;
  shards: Map<number, StoredBytes & { atOffset: number }>;
  deltas: (StoredBytes & { from: number; to: number })[];
}

/** A store in memory, with the same protocol as the one in Postgres: for tests and for engines that need not survive. */
export class MemoryCheckpointStore implements CheckpointStore, RebuildStore {
  readonly candles = new MemoryCandles();
  readonly tokens = new Map<string, TokenChange>();
  /** By the name of the partition. */
  readonly rows = new Map<string, MemoryRow>();
  readonly rebuilds = new Map<string, MemoryRebuild>();

  async own(key: PartitionKey, counting: Counting): Promise<Ownership> {
    let row = this.rows.get(name(key));
    if (row) {
      requireSameCounting(key, row.counting, counting);
      row.epoch++;
      row.owner = randomUUID();
      row.counting = { ...row.counting, topicId: (row.lastRecord && row.counting.topicId) ?? counting.topicId ?? null };
    } else {
      row = this.#firstGeneration(key, counting);
      this.rows.set(name(key), row);
    }
    const { generation, epoch, owner, candlesFromMs } = row;
    return { key, generation, epoch, owner, candlesFromMs, topicId: row.counting.topicId ?? null };
  }

  async standings(ownerships: readonly Ownership[]): Promise<Standing[]> {
    return ownerships.map(({ key, owner }) => {
      const row = this.rows.get(name(key));
      return { isOwner: row?.owner === owner, epoch: row?.epoch ?? null };
    });
  }

  async raiseEpoch(ownership: Ownership): Promise<Ownership> {
    const row = this.#ownedRow(ownership);
    row.epoch++;
    return { ...ownership, epoch: row.epoch };
  }

  async restore(ownership: Ownership, codecs: readonly number[]): Promise<StoredState> {
    const { key } = ownership;
    const row = this.#ownedRow(ownership);
    for (const [shard, stored] of row.shards) verifyBytes(key, `the base of shard ${shard}`, stored, codecs);
    for (const delta of row.deltas) verifyBytes(key, `the delta from ${delta.from}`, delta, codecs);
    const { replayFrom, nextOffset, head, lastRecord } = row;
    const shards = [...row.shards].map(([shard, { atOffset, bytes }]) => ({ shard, atOffset, bytes }));
    const state = {
      replayFrom,
      nextOffset,
      head,
      lastRecord,
      shards,
      deltas: row.deltas.map(({ from, to, bytes }) => ({ from, to, bytes })),
    };
    verifyChain(key, state);
    return state;
  }

  async commit(ownership: Ownership, checkpoint: Checkpoint): Promise<void> {
    const row = this.#ownedRow(ownership);
    const { from, to, codec, delta, head, lastRecord, shards, candles, tokens } = checkpoint;
    if (row.nextOffset !== from) throw new FencedError(ownership, row);
    row.nextOffset = to;
    row.head = structuredClone(head);
    row.lastRecord = lastRecord;
    if (to > from) row.deltas.push({ from, to, codec, checksum: checksum(delta), bytes: delta });
    for (const { shard, atOffset, bytes } of shards)
      row.shards.set(shard, { atOffset, codec, checksum: checksum(bytes), bytes });
    row.replayFrom = checkpoint.replayFrom;
    row.deltas = row.deltas.filter((one) => one.to > row.replayFrom);
    this.candles.write(row, candles);
    for (const token of tokens) this.tokens.set(token.token, token);
  }

  async serving(key: PartitionKey): Promise<Serving | null> {
    const row = this.rows.get(name(key));
    if (!row) return null;
    const { generation, epoch, nextOffset, candlesFromMs, lastRecord, counting } = row;
    return { generation, epoch, nextOffset, candlesFromMs, lastRecord, ...counting };
  }

  async generations(of: Omit<PartitionKey, 'partition'>): Promise<Map<number, number>> {
    return new Map(this.#siblings(of).map(({ key, generation }) => [key.partition, generation]));
  }

  async knownTokens({ partition }: PartitionKey, partitionCount: number): Promise<string[]> {
    return [...this.tokens.keys()].filter((token) => partitionOf(token, partitionCount) === partition);
  }

  async beginRebuild(key: PartitionKey, plan: RebuildPlan): Promise<Rebuild> {
    const other = [...this.rebuilds.values()].find(
      ({ key: { groupId, topic, partition }, plan: { partitionCount } }) =>
        groupId === key.groupId &&
        topic === key.topic &&
        (partition === key.partition || partitionCount !== plan.partitionCount),
    );
    if (other) throw new CodedError('REBUILD_RUNNING', `${name(other.key)} is being rebuilt by ${other.plan.worker}`);
    if ((this.rows.get(name(key))?.generation ?? 0) !== plan.supersedes)
      throw new CodedError('REBUILD_RUNNING', `${name(key)} was rebuilt by somebody else just now`);
    const rebuild = new MemoryRebuild(this, key, plan, this.#nextGeneration(key, plan));
    this.rebuilds.set(name(key), rebuild);
    return rebuild;
  }

  #nextGeneration(key: PartitionKey, { partitionCount }: RebuildPlan): number {
    const siblings = this.#siblings(key);
    const own = siblings.find((row) => row.key.partition === key.partition);
    const below = own
      ? siblings.filter((row) => row === own || row.counting.partitionCount !== partitionCount)
      : siblings;
    return 1 + Math.max(1, ...below.map(({ generation }) => generation));
  }

  #siblings({ groupId, topic }: Omit<PartitionKey, 'partition'>): MemoryRow[] {
    return [...this.rows.values()].filter(({ key }) => key.groupId === groupId && key.topic === topic);
  }

  #firstGeneration(key: PartitionKey, counting: Counting): MemoryRow {
    const siblings = this.#siblings(key);
    const other = siblings.find((row) => row.counting.partitionCount !== counting.partitionCount);
    if (other) throw partitionCountChanged(key, other.counting.partitionCount, counting);
    const formerGeneration = Math.max(1, ...siblings.map(({ generation }) => generation));
    return {
      key,
      generation: Math.max(formerGeneration, 1 + (this.rebuilds.get(name(key))?.generation ?? 0)),
      epoch: 1,
      owner: randomUUID(),
      replayFrom: counting.startOffset,
      nextOffset: counting.startOffset,
      candlesFromMs: formerGeneration > 1 ? firstMinuteAfter(Date.now()) : 0,
      counting,
      head: null,
      lastRecord: null,
      shards: new Map(),
      deltas: [],
    };
  }

  #ownedRow(ownership: Ownership): MemoryRow {
    const row = this.rows.get(name(ownership.key));
    if (row?.owner !== ownership.owner) throw new FencedError(ownership, row ?? null);
    return row;
  }
}
