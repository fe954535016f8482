import { randomUUID } from 'node:crypto';
import { CodedError } from '@tidemark/runtime';
import type { Pool, PoolClient } from 'pg';
import type { PartitionKey } from './checkpoint.ts';
import { name } from './integrity.ts';
import { PostgresRebuild } from './postgres-rebuild.ts';
import { keyMatches, keyValues, removeGeneration } from './postgres-rows.ts';
import { transaction } from './postgres-transaction.ts';
import type { Rebuild, RebuildPlan } from './rebuild.ts';

/**
 * An advisory lock keeps others away for as long as its connection lives, so a killed rebuild is in nobody's way; the row in `rebuilds`
 * fences one that lost its connection and does not know it yet.
 * @throws CodedError REBUILD_RUNNING
 */
export async function beginPostgresRebuild(pool: Pool, key: PartitionKey, plan: RebuildPlan): Promise<Rebuild> {
  const holder = await pool.connect();
  // The lock goes with the connection, but only once the server has noticed its end.
  const unlock = async () => {
    await holder.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    holder.release(true);
  };
  try {
    if (!(await locked(holder, 'pg_try_advisory_lock', key))) throw await running(holder, key);
    const owner = randomUUID();
    const generation = await transaction(pool, async (client) => {
      await requireSuperseding(client, key, plan);
      await removeLeftovers(client, key, plan);
      return open(client, key, plan, owner);
    });
    return new PostgresRebuild({ pool, key, plan, owner, generation, unlock });
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function locked(
  client: PoolClient,
  lock: 'pg_try_advisory_lock' | 'pg_try_advisory_xact_lock',
  { groupId, topic, partition }: PartitionKey,
): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(`SELECT ${lock}(hashtextextended($1, 0)) AS locked`, [
    JSON.stringify(['tidemark rebuild', groupId, topic, partition]),
  ]);
  return rows[0]!.locked;
}

async function requireSuperseding(client: PoolClient, key: PartitionKey, plan: RebuildPlan): Promise<void> {
  const { rows } = await client.query<{ generation: string }>(
    `SELECT generation FROM partitions WHERE ${keyMatches}`,
    keyValues(key),
  );
  if (Number(rows[0]?.generation ?? 0) !== plan.supersedes)
    throw new CodedError('REBUILD_RUNNING', `${name(key)} was rebuilt by somebody else just now`);
}

/**
 * What killed rebuilds of the partition left, and those of any partition over another number of partitions: their tokens are now
 * those of other partitions, where nobody would look for them.
 */
async function removeLeftovers(client: PoolClient, key: PartitionKey, { partitionCount }: RebuildPlan): Promise<void> {
  const { rows } = await client.query<{ partition: number; generation: string; partition_count: number }>(
    `SELECT partition, generation, partition_count FROM rebuilds
     WHERE group_id = $1 AND topic = $2 AND (partition = $3 OR partition_count <> $4)`,
    [...keyValues(key), partitionCount],
  );
  for (const { partition, generation, partition_count } of rows) {
    const left = { ...key, partition };
    const isFree = partition === key.partition || (await locked(client, 'pg_try_advisory_xact_lock', left));
    if (!isFree) throw await running(client, left);
    await client.query(`DELETE FROM rebuilds WHERE ${keyMatches}`, keyValues(left));
    await removeGeneration(client, left, Number(generation), partition_count);
  }
}

/**
 * Above the generation that serves, and above those of partitions that were counted over another number of partitions: a token may come
 * from any of them. Never the generation with which an owner begins a partition that was never counted.
 */
const nextGeneration = `1 + greatest(
  coalesce(max(generation) FILTER (WHERE partition = $3 OR partition_count <> $7), 0),
  CASE WHEN bool_or(partition = $3) THEN 0 ELSE coalesce(max(generation), 1) END)`;

async function open(client: PoolClient, key: PartitionKey, plan: RebuildPlan, owner: string): Promise<number> {
  const { rows } = await client.query<{ generation: string }>(
    `INSERT INTO rebuilds (group_id, topic, partition, generation, owner, worker, start_offset, next_offset, end_offset, partition_count)
     SELECT $1, $2, $3, ${nextGeneration}, $4, $5, $6, $6, $6, $7 FROM partitions WHERE group_id = $1 AND topic = $2
     RETURNING generation`,
    [...keyValues(key), owner, plan.worker, plan.startOffset, plan.partitionCount],
  );
  return Number(rows[0]!.generation);
}

async function running(client: PoolClient, key: PartitionKey): Promise<CodedError> {
  const { rows } = await client.query<{ worker: string }>(
    `SELECT worker FROM rebuilds WHERE ${keyMatches}`,
    keyValues(key),
  );
  return new CodedError('REBUILD_RUNNING', `${name(key)} is being rebuilt by ${rows[0]?.worker ?? 'another process'}`);
}
