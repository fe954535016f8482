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

export interface PartitionStore {
  /** The partitions that the consumer group has counted, in order. @throws CodedError POSTGRES_UNAVAILABLE, SCHEMA_MISSING */
  list(groupId: string, topic: string): Promise<StoredPartition[]>;
}

const undefinedTable = '42P01';

const listSql = `
  SELECT partition, generation, epoch, next_offset, extract(epoch FROM clock_timestamp() - checkpointed_at) * 1000 AS age_ms
  FROM partitions
  WHERE group_id = $1 AND topic = $2
  ORDER BY partition`;

/** Reads what the checkpoints own, for those who only look. */
export function createPostgresPartitionStore(pool: Pool): PartitionStore {
  return {
    async list(groupId, topic) {
      try {
        const { rows } = await pool.query<Row>(listSql, [groupId, topic]);
        return rows.map((row) => ({
          partition: row.partition,
          generation: Number(row.generation),
          epoch: Number(row.epoch),
          nextOffset: Number(row.next_offset),
          checkpointAgeMs: Math.max(0, Math.round(Number(row.age_ms))),
        }));
      } catch (error) {
        if ((error as DatabaseError).code === undefinedTable) {
          throw new CodedError('SCHEMA_MISSING', 'the database has no table partitions', { cause: error });
        }
        throw postgresUnavailable(error);
      }
    },
  };
}

/** bigint and numeric come as text. */
interface Row {
  partition: number;
  generation: string;
  epoch: string;
  next_offset: string;
  age_ms: string;
}
