import { randomUUID } from 'node:crypto';
import type { RecordedSwap } from '@tidemark/domain';
import type { Pool, PoolClient } from 'pg';
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
import { checksum, rowChecksum, verifyBytes, verifyChain, verifyRow } from './integrity.ts';
import { beginPostgresRebuild } from './postgres-rebuild-begin.ts';
import {
  generationMatches,
  keyMatches,
  keyValues,
  tokenPages,
  writeBases,
  writeCandles,
  writeTokens,
} from './postgres-rows.ts';
import { transaction } from './postgres-transaction.ts';
import type { Rebuild, RebuildPlan, RebuildStore } from './rebuild.ts';

/** Where swaps are kept, in the transaction that moves the offset. */
export interface SwapSink {
  /** Outside of the transaction; may be called again for the same swaps. */
  prepare(swaps: readonly RecordedSwap[]): Promise<void>;
  write(client: PoolClient, swaps: readonly RecordedSwap[]): Promise<void>;
}

/** The checkpoint store of production; its tables come with the migrations of `@tidemark/store`. */
export class PostgresCheckpointStore implements CheckpointStore, RebuildStore {
  readonly #pool: Pool;
  readonly #sink: SwapSink | undefined;

  /** `sink` takes the swaps of checkpoints that have some. */
  constructor(pool: Pool, sink?: SwapSink) {
    this.#pool = pool;
    this.#sink = sink;
  }

  async own(key: PartitionKey, counting: Counting): Promise<Ownership> {
    const owner = randomUUID();
    return transaction(this.#pool, async (client) => {
      await createFirstGeneration(client, key, counting, owner);
      const { rows } = await client.query<{
        partition_count: number;
        rules_hash: string;
        generation: string;
        epoch: string;
        candles_from_ms: string;
        topic_id: string | null;
      }>(
        `UPDATE partitions SET epoch = epoch + 1, owner = $4, topic_id = CASE WHEN last_record IS NULL THEN $5 ELSE coalesce(topic_id, $5) END WHERE ${keyMatches}
         RETURNING partition_count, rules_hash, generation, epoch, candles_from_ms, topic_id`,
        [...keyValues(key), owner, counting.topicId ?? null],
      );
      const row = rows[0]!;
      requireSameCounting(key, { partitionCount: row.partition_count, rulesHash: row.rules_hash }, counting);
      return {
        key,
        owner,
        generation: Number(row.generation),
        epoch: Number(row.epoch),
        candlesFromMs: Number(row.candles_from_ms),
        topicId: row.topic_id,
      };
    });
  }

  async standings(ownerships: readonly Ownership[]): Promise<Standing[]> {
    const { rows } = await this.#pool.query<{ is_owner: boolean | null; epoch: string | null }>(
      `SELECT stored.owner = held.owner AS is_owner, stored.epoch
       FROM unnest($1::text[], $2::text[], $3::integer[], $4::uuid[])
         WITH ORDINALITY AS held (group_id, topic, partition, owner, place)
       LEFT JOIN partitions AS stored USING (group_id, topic, partition)
       ORDER BY held.place`,
      [
        ownerships.map(({ key }) => key.groupId),
        ownerships.map(({ key }) => key.topic),
        ownerships.map(({ key }) => key.partition),
        ownerships.map(({ owner }) => owner),
      ],
    );
    return rows.map((row) => ({
      isOwner: row.is_owner === true,
      epoch: row.epoch === null ? null : Number(row.epoch),
    }));
  }

  async raiseEpoch(ownership: Ownership): Promise<Ownership> {
    return transaction(this.#pool, async (client) => {
      const { rows } = await client.query<{ epoch: string }>(
        `UPDATE partitions SET epoch = epoch + 1 WHERE ${keyMatches} AND owner = $4 RETURNING epoch`,
        [...keyValues(ownership.key), ownership.owner],
      );
      if (!rows[0]) throw await fenced(client, ownership);
      return { ...ownership, epoch: Number(rows[0].epoch) };
    });
  }

  async restore(ownership: Ownership, codecs: readonly number[]): Promise<StoredState> {
    const { key, generation } = ownership;
    const values = [...keyValues(key), generation];
    const state = await transaction(
      this.#pool,
      async (client) => {
        const partition = await client.query<PartitionRow>(
          `SELECT owner, replay_from, next_offset, head, last_record, row_checksum FROM partitions WHERE ${keyMatches} AND generation = $4`,
          values,
        );
        const row = partition.rows[0];
        if (row?.owner !== ownership.owner) throw await fenced(client, ownership);
        const bases = await client.query<BaseRow>(
          `SELECT shard, at_offset, codec, checksum, bytes FROM bases WHERE ${generationMatches}`,
          values,
        );
        const deltas = await client.query<DeltaRow>(
          `SELECT from_offset, to_offset, codec, checksum, bytes FROM deltas
           WHERE ${generationMatches} AND from_offset >= $5 ORDER BY from_offset`,
          [...values, row.replay_from],
        );
        return { row, bases: bases.rows, deltas: deltas.rows };
      },
      'ISOLATION LEVEL REPEATABLE READ, READ ONLY',
    );
    for (const base of state.bases) verifyBytes(key, `the base of shard ${base.shard}`, stored(base), codecs);
    for (const delta of state.deltas) verifyBytes(key, `the delta from ${delta.from_offset}`, stored(delta), codecs);
    const restored: StoredState = {
      replayFrom: Number(state.row.replay_from),
      nextOffset: Number(state.row.next_offset),
      head: state.row.head,
      lastRecord: state.row.last_record,
      shards: state.bases.map(({ shard, at_offset, bytes }) => ({ shard, atOffset: Number(at_offset), bytes })),
      deltas: state.deltas.map(({ from_offset, to_offset, bytes }) => ({
        from: Number(from_offset),
        to: Number(to_offset),
        bytes,
      })),
    };
    verifyRow(key, restored, orNull(state.row.row_checksum));
    verifyChain(key, restored);
    return restored;
  }

  async commit(ownership: Ownership, checkpoint: Checkpoint): Promise<void> {
    const { key, generation, owner } = ownership;
    const { from, to, codec, delta, head, lastRecord, shards, replayFrom, candles, tokens, swaps } = checkpoint;
    const values = [...keyValues(key), generation];
    if (swaps) await this.#sink?.prepare(swaps);
    await transaction(this.#pool, async (client) => {
      const moved = await client.query(
        `UPDATE partitions SET next_offset = $6, replay_from = $7, head = $8, last_record = $9, row_checksum = $10, checkpointed_at = now()
         WHERE ${keyMatches} AND owner = $4 AND next_offset = $5`,
        [
          ...keyValues(key),
          owner,
          from,
          to,
          replayFrom,
          JSON.stringify(head),
          JSON.stringify(lastRecord),
          rowChecksum({ replayFrom, nextOffset: to, head, lastRecord }),
        ],
      );
      if (moved.rowCount !== 1) throw await fenced(client, ownership);
      if (to > from) {
        await client.query(`INSERT INTO deltas VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, [
          ...values,
          from,
          to,
          codec,
          checksum(delta),
          delta,
        ]);
      }
      if (shards.length > 0) {
        await writeBases(client, values, codec, shards);
        await client.query(`DELETE FROM deltas WHERE ${generationMatches} AND to_offset <= $5`, [
          ...values,
          replayFrom,
        ]);
      }
      await writeCandles(client, ownership, candles);
      await writeTokens(client, key.groupId, tokens);
      if (swaps) await this.#sink?.write(client, swaps);
    });
  }

  async serving(key: PartitionKey): Promise<Serving | null> {
    const { rows } = await this.#pool.query<ServingRow>(
      `SELECT generation, epoch, start_offset, next_offset, candles_from_ms, last_record, rules_hash, partition_count
       FROM partitions WHERE ${keyMatches}`,
      keyValues(key),
    );
    const row = rows[0];
    return row
      ? {
          generation: Number(row.generation),
          epoch: Number(row.epoch),
          startOffset: orNull(row.start_offset),
          nextOffset: Number(row.next_offset),
          candlesFromMs: Number(row.candles_from_ms),
          lastRecord: row.last_record,
          rulesHash: row.rules_hash,
          partitionCount: row.partition_count,
        }
      : null;
  }

  async generations({ groupId, topic }: Omit<PartitionKey, 'partition'>): Promise<Map<number, number>> {
    const { rows } = await this.#pool.query<{ partition: number; generation: string }>(
      'SELECT partition, generation FROM partitions WHERE group_id = $1 AND topic = $2',
      [groupId, topic],
    );
    return new Map(rows.map(({ partition, generation }) => [partition, Number(generation)]));
  }

  async knownTokens(key: PartitionKey, partitionCount: number): Promise<string[]> {
    const known: string[][] = [];
    for await (const page of tokenPages(this.#pool, key, partitionCount)) known.push(page);
    return known.flat();
  }

  beginRebuild(key: PartitionKey, plan: RebuildPlan): Promise<Rebuild> {
    return beginPostgresRebuild(this.#pool, key, plan);
  }
}

/**
 * A partition that was never counted begins with the generation that its neighbours have: a token that came from one of them, when the
 * topic got more partitions, must not go back in versions, and keeps the candles that it has. Above a rebuild that is under way, which
 * then comes too late.
 * @throws CodedError PARTITION_COUNT_CHANGED when its neighbours were counted over another number of partitions.
 */
async function createFirstGeneration(
  client: PoolClient,
  key: PartitionKey,
  { startOffset, partitionCount, rulesHash }: Counting,
  owner: string,
): Promise<void> {
  const created = await client.query(
    `INSERT INTO partitions (group_id, topic, partition, generation, epoch, owner, replay_from, next_offset, start_offset, partition_count, rules_hash,
       candles_from_ms)
     SELECT $1, $2, $3,
       greatest(1, max(generation), (SELECT generation + 1 FROM rebuilds WHERE ${keyMatches})), 0, $4, $5, $5, $5, $6, $7,
       CASE WHEN max(generation) > 1 THEN $8::bigint ELSE 0 END
     FROM partitions WHERE group_id = $1 AND topic = $2
     HAVING coalesce(bool_and(partition_count = $6), true)
     ON CONFLICT DO NOTHING`,
    [...keyValues(key), owner, startOffset, partitionCount, rulesHash, firstMinuteAfter(Date.now())],
  );
  if (created.rowCount === 1) return;
  const { rows } = await client.query<{ partition: number; partition_count: number }>(
    'SELECT partition, partition_count FROM partitions WHERE group_id = $1 AND topic = $2',
    [key.groupId, key.topic],
  );
  if (rows.some(({ partition }) => partition === key.partition)) return;
  throw partitionCountChanged(key, rows[0]!.partition_count, { startOffset, partitionCount, rulesHash });
}

interface PartitionRow {
  owner: string;
  replay_from: string;
  next_offset: string;
  head: unknown;
  last_record: LastRecord | null;
  row_checksum: string | null;
}

/** bigint comes as text. */
interface ServingRow {
  generation: string;
  epoch: string;
  start_offset: string | null;
  next_offset: string;
  candles_from_ms: string;
  last_record: LastRecord | null;
  rules_hash: string;
  partition_count: number;
}

interface BytesRow {
  codec: number;
  checksum: string;
  bytes: Buffer;
}

type BaseRow = BytesRow & { shard: number; at_offset: string };
type DeltaRow = BytesRow & { from_offset: string; to_offset: string };

function orNull(bigint: string | null): number | null {
  return bigint === null ? null : Number(bigint);
}

function stored({ codec, checksum: sum, bytes }: BytesRow) {
  return { codec, checksum: Number(sum), bytes };
}

async function fenced(client: PoolClient, ownership: Ownership): Promise<FencedError> {
  const { rows } = await client.query<{ epoch: string; next_offset: string }>(
    `SELECT epoch, next_offset FROM partitions WHERE ${keyMatches}`,
    keyValues(ownership.key),
  );
  const found = rows[0] && { epoch: Number(rows[0].epoch), nextOffset: Number(rows[0].next_offset) };
  return new FencedError(ownership, found ?? null);
}
