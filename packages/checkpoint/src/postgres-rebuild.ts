import { randomUUID } from 'node:crypto';
import { CodedError, isCoded } from '@tidemark/runtime';
import type { Pool, PoolClient } from 'pg';
import type { PartitionKey, StoredShard } from './checkpoint.ts';
import { name, rowChecksum } from './integrity.ts';
import {
  type CandleOwner,
  generationMatches,
  keyMatches,
  keyValues,
  removeGeneration,
  tokenPages,
  writeBases,
  writeCandles,
  writeTokens,
} from './postgres-rows.ts';
import { transaction } from './postgres-transaction.ts';
import type { Rebuild, RebuildPlan, RebuildProgress, RebuiltHead } from './rebuild.ts';

export interface PostgresRebuildOptions {
  pool: Pool;
  key: PartitionKey;
  plan: RebuildPlan;
  /** Random, new with each rebuild. */
  owner: string;
  generation: number;
  /** Lets others rebuild the partition. */
  unlock(): Promise<void>;
}

/** A rebuild in Postgres, where the row in `rebuilds` fences whoever no longer holds its owner. */
export class PostgresRebuild implements Rebuild {
  readonly key: PartitionKey;
  readonly generation: number;
  readonly #options: PostgresRebuildOptions;

  constructor(options: PostgresRebuildOptions) {
    this.#options = options;
    this.key = options.key;
    this.generation = options.generation;
  }

  async write(progress: RebuildProgress, { candles, tokens }: Parameters<Rebuild['write']>[1]): Promise<void> {
    await transaction(this.#options.pool, async (client) => {
      await this.#report(client, progress);
      await writeCandles(client, this.#candleOwner, candles);
      await writeTokens(client, this.key.groupId, tokens);
    });
  }

  async writeShards(codec: number, shards: StoredShard[]): Promise<void> {
    await transaction(this.#options.pool, async (client) => {
      await this.#report(client);
      await writeBases(client, [...keyValues(this.key), this.generation], codec, shards);
    });
  }

  async switchOver(rebuilt: RebuiltHead): Promise<void> {
    const { pool } = this.#options;
    try {
      await transaction(pool, (client) => this.#switch(client, rebuilt));
    } catch (error) {
      if (!isCoded(error, 'COMMIT_UNKNOWN')) throw error;
      // The lock on the row waits for the end of a transaction that still runs.
      const { rows } = await pool.query(`SELECT 1 FROM partitions WHERE ${generationMatches} FOR UPDATE`, [
        ...keyValues(this.key),
        this.generation,
      ]);
      if (rows.length === 0) throw error;
    }
  }

  async close(): Promise<void> {
    const { pool, plan, owner, unlock } = this.#options;
    try {
      await transaction(pool, async (client) => {
        const left = await client.query(`DELETE FROM rebuilds WHERE ${keyMatches} AND owner = $4`, [
          ...keyValues(this.key),
          owner,
        ]);
        if (left.rowCount === 1) await removeGeneration(client, this.key, this.generation, plan.partitionCount);
      });
    } finally {
      await unlock();
    }
  }

  get #candleOwner(): CandleOwner {
    return { key: this.key, generation: this.generation, candlesFromMs: this.#options.plan.candlesFromMs };
  }

  /** @throws CodedError FENCED when the partition is being rebuilt by somebody else. */
  async #report(client: PoolClient, progress?: RebuildProgress): Promise<void> {
    const { owner } = this.#options;
    const reported = await client.query(
      `UPDATE rebuilds SET next_offset = coalesce($5, next_offset), end_offset = coalesce($6, end_offset), reported_at = now()
       WHERE ${keyMatches} AND owner = $4`,
      [...keyValues(this.key), owner, progress?.nextOffset ?? null, progress?.endOffset ?? null],
    );
    if (reported.rowCount !== 1)
      throw new CodedError('FENCED', `the rebuild of the ${name(this.key)} is somebody else's`);
  }

  async #switch(client: PoolClient, { nextOffset, head, lastRecord }: RebuiltHead): Promise<void> {
    const { plan } = this.#options;
    await this.#report(client);
    const switched = await client.query(
      `INSERT INTO partitions (group_id, topic, partition, generation, epoch, owner, replay_from, next_offset, start_offset,
         partition_count, rules_hash, head, last_record, row_checksum, candles_from_ms, topic_id)
       VALUES ($1, $2, $3, $4, 1, $5, $6, $6, $7, $8, $9, $10, $11, $12, $13, $15)
       ON CONFLICT (group_id, topic, partition) DO UPDATE SET generation = excluded.generation, epoch = partitions.epoch + 1,
         owner = excluded.owner, replay_from = excluded.replay_from, next_offset = excluded.next_offset,
         start_offset = excluded.start_offset, partition_count = excluded.partition_count, rules_hash = excluded.rules_hash,
         head = excluded.head, last_record = excluded.last_record, row_checksum = excluded.row_checksum,
         candles_from_ms = excluded.candles_from_ms, topic_id = excluded.topic_id, checkpointed_at = now()
       WHERE partitions.generation = $14`,
      [
        ...keyValues(this.key),
        this.generation,
        randomUUID(),
        nextOffset,
        plan.startOffset,
        plan.partitionCount,
        plan.rulesHash,
        JSON.stringify(head),
        JSON.stringify(lastRecord),
        rowChecksum({ replayFrom: nextOffset, nextOffset, head, lastRecord }),
        plan.candlesFromMs,
        plan.supersedes,
        plan.topicId ?? null,
      ],
    );
    if (switched.rowCount !== 1)
      throw new CodedError('FENCED', `${name(this.key)}: somebody began to count it meanwhile; rebuild it again`);
    await this.#removeSuperseded(client);
    await client.query(`DELETE FROM rebuilds WHERE ${keyMatches}`, keyValues(this.key));
  }

  /** After this every minute of a token has one row again. */
  async #removeSuperseded(client: PoolClient): Promise<void> {
    const { partitionCount, candlesFromMs } = this.#options.plan;
    const { groupId, topic } = this.key;
    for (const table of ['bases', 'deltas'])
      await client.query(`DELETE FROM ${table} WHERE ${keyMatches} AND generation <> $4`, [
        ...keyValues(this.key),
        this.generation,
      ]);
    // Of partitions that the topic no longer has.
    for (const table of ['bases', 'deltas', 'rebuilds', 'partitions'])
      await client.query(`DELETE FROM ${table} WHERE group_id = $1 AND topic = $2 AND partition >= $3`, [
        groupId,
        topic,
        partitionCount,
      ]);
    for await (const tokens of tokenPages(client, this.key, partitionCount)) {
      const values = [groupId, tokens, this.generation, candlesFromMs];
      await client.query(
        'DELETE FROM candles WHERE group_id = $1 AND token = ANY($2) AND generation < $3 AND minute_ms >= $4',
        values,
      );
      // The former owner may have written some of these minutes after we did.
      await client.query(
        `DELETE FROM candles AS rebuilt USING candles AS older
         WHERE rebuilt.group_id = $1 AND rebuilt.token = ANY($2) AND rebuilt.generation = $3 AND rebuilt.minute_ms < $4
           AND older.group_id = $1 AND older.token = rebuilt.token AND older.minute_ms = rebuilt.minute_ms AND older.generation < $3`,
        values,
      );
    }
  }
}
