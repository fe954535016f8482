import { randomUUID } from 'node:crypto';
import type { CandleChange, TokenChange } from '@tidemark/domain';
import type {
  Checkpoint,
  CheckpointStore,
  Counting,
  LastRecord,
  Ownership,
  PartitionKey,
  Standing,
  StoredState,
} from './checkpoint.ts';
import { requireSameCounting } from './counting.ts';
import { FencedError } from './fenced-error.ts';
import { checksum, name, type StoredBytes, verifyBytes, verifyChain } from './integrity.ts';

interface Row {
  generation: number;
  epoch: number;
  owner: string;
  replayFrom: number;
  nextOffset: number;
  counting: Omit<Counting, 'startOffset'>;
  head: unknown;
  lastRecord: LastRecord | null;
  shards: Map<number, StoredBytes & { atOffset: number }>;
  deltas: (StoredBytes & { from: number; to: number })[];
}

/** A store in memory, with the same protocol as the one in Postgres: for tests and for engines that need not survive. */
export class MemoryCheckpointStore implements CheckpointStore {
  readonly candles = new Map<string, CandleChange>();
  readonly tokens = new Map<string, TokenChange>();
  readonly #rows = new Map<string, Row>();

  async own(key: PartitionKey, counting: Counting): Promise<Ownership> {
    const { startOffset, ...by } = counting;
    let row = this.#rows.get(name(key));
    if (row) {
      requireSameCounting(key, row.counting, counting);
      row.epoch++;
      row.owner = randomUUID();
    } else {
      row = {
        generation: 1,
        epoch: 1,
        owner: randomUUID(),
        replayFrom: startOffset,
        nextOffset: startOffset,
        counting: by,
        head: null,
        lastRecord: null,
        shards: new Map(),
        deltas: [],
      };
      this.#rows.set(name(key), row);
    }
    return { key, generation: row.generation, epoch: row.epoch, owner: row.owner };
  }

  async standings(ownerships: readonly Ownership[]): Promise<Standing[]> {
    return ownerships.map(({ key, owner }) => {
      const row = this.#rows.get(name(key));
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
    for (const candle of candles) {
      const id = `${candle.token} ${candle.minuteMs}`;
      if ('removed' in candle) this.candles.delete(id);
      else this.candles.set(id, candle);
    }
    for (const token of tokens) this.tokens.set(token.token, token);
  }

  #ownedRow(ownership: Ownership): Row {
    const row = this.#rows.get(name(ownership.key));
    if (row?.owner !== ownership.owner) throw new FencedError(ownership, row ?? null);
    return row;
  }
}
