import { CodedError } from '@tidemark/runtime';
import type { DatabaseError } from 'pg';
import { type Pool, postgresUnavailable } from './postgres.ts';

/** Where the counting of a partition stands, as of its last checkpoint. */
export interface StoredPartition {
  partition: number;
  generation: number;
  epoch: number;
  nextOffset: number;
  checkpointAgeMs: number;
}

/** A generation that is being counted and serves nobody yet. */
export interface StoredRebuild {
  partition: number;
  generation: number;
  /** Who does it. */
  worker: string;
  startOffset: number;
  nextOffset: number;
  /** Where the log ended when it was last looked at. */
  endOffset: number;
  /** Since its last sign of life; one comes each second. */
  reportAgeMs: number;
}

export interface PartitionStore {
  /** The partitions that the consumer group has counted, in order. @throws CodedError POSTGRES_UNAVAILABLE, SCHEMA_MISSING */
  list(groupId: string, topic: string): Promise<StoredPartition[]>;
  /** Rebuilds under way, and those that were killed and not begun again. @throws CodedError POSTGRES_UNAVAILABLE, SCHEMA_MISSING */
  rebuilds(groupId: string, topic: string): Promise<StoredRebuild[]>;
}

const undefinedTable = '42P01';

const listSql = `
  SELECT partition, generation, epoch, next_offset, extract(epoch FROM clock_timestamp() - checkpointed_at) * 1000 AS age_ms
  FROM partitions
  WHERE group_id = $1 AND topic = $2
  ORDER BY partition`;

const rebuildsSql = `
  SELECT partition, generation, worker, start_offset, next_offset, end_offset,
    extract(epoch FROM clock_timestamp() - reported_at) * 1000 AS age_ms
  FROM rebuilds
  WHERE group_id = $1 AND topic = $2
  ORDER BY partition`;

/** Reads what the checkpoints own, for those who only look. */
export function createPostgresPartitionStore(pool: Pool): PartitionStore {
  async function query<R extends object>(sql: string, values: string[]): Promise<R[]> {
    try {
      return (await pool.query<R>(sql, values)).rows;
    } catch (error) {
      if ((error as DatabaseError).code === undefinedTable) {
        throw new CodedError('SCHEMA_MISSING', 'the database lacks the tables of the checkpoints', { cause: error });
      }
      throw postgresUnavailable(error);
    }
  }
  return {
    async list(groupId, topic) {
      const rows = await query<Row>(listSql, [groupId, topic]);
      return rows.map((row) => ({
        partition: row.partition,
        generation: Number(row.generation),
        epoch: Number(row.epoch),
        nextOffset: Number(row.next_offset),
        checkpointAgeMs: ageMs(row),
      }));
    },
    async rebuilds(groupId, topic) {
      const rows = await query<RebuildRow>(rebuildsSql, [groupId, topic]);
      return rows.map((row) => ({
        partition: row.partition,
        generation: Number(row.generation),
        worker: row.worker,
        startOffset: Number(row.start_offset),
        nextOffset: Number(row.next_offset),
        endOffset: Number(row.end_offset),
        reportAgeMs: ageMs(row),
      }));
    },
  };
}

function ageMs({ age_ms }: { age_ms: string }): number {
  return Math.max(0, Math.round(Number(age_ms)));
}

/** bigint and numeric come as text. */
interface Row {
  partition: number;
  generation: string;
  epoch: string;
  next_offset: string;
  age_ms: string;
}

interface RebuildRow {
  partition: number;
  generation: string;
  worker: string;
  start_offset: string;
  next_offset: string;
  end_offset: string;
  age_ms: string;
}
