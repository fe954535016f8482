import type { Pool, PoolClient } from 'pg';

const dayMs = 86_400_000;
/** Any numbers that nothing else of the database locks by. */
const createLock = 7_311_604_917;
const dropLock = 7_311_604_918;
/** Before this all days share the partition that the migration made: 2009-01-01, before any chain. */
const firstDayMs = Date.UTC(2009, 0, 1);

/** The partitions of `swaps`, one a day of event time, UTC. */
export class SwapDays {
  readonly #pool: Pool;
  /** Starts of days that are known to be there. */
  readonly #known = new Set<number>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Makes the days of these moments, unless they are there. Readers and writers of other days go on meanwhile. */
  async ensure(timesMs: Iterable<number>): Promise<void> {
    const missing = new Set<number>();
    for (const timeMs of timesMs) {
      const startMs = Math.floor(timeMs / dayMs) * dayMs;
      if (startMs >= firstDayMs && !this.#known.has(startMs)) missing.add(startMs);
    }
    for (const startMs of missing) await this.#create(startMs);
  }

  /** Days may be gone that were there. */
  forget(): void {
    this.#known.clear();
  }

  /**
   * Drops the days that ended before the moment, detached first, so that nobody waits; answers with their names. What a process that was
   * killed left half done is finished. While another process does it, nothing is done.
   */
  async dropBefore(momentMs: number): Promise<string[]> {
    const client = await this.#pool.connect();
    try {
      const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [dropLock]);
      if (!rows[0]!.mine) return [];
      try {
        return await this.#drop(client, momentMs);
      } finally {
        await client.query('SELECT pg_advisory_unlock($1)', [dropLock]);
      }
    } finally {
      client.release();
    }
  }

  async #drop(client: PoolClient, momentMs: number): Promise<string[]> {
    const dropped: string[] = [];
    for (const { name, startMs, state } of await this.list()) {
      if (startMs + dayMs > momentMs) continue;
      this.#known.delete(startMs);
      if (state === 'attached') await client.query(`ALTER TABLE swaps DETACH PARTITION ${name} CONCURRENTLY`);
      if (state === 'detaching') await client.query(`ALTER TABLE swaps DETACH PARTITION ${name} FINALIZE`);
      await client.query(`DROP TABLE ${name}`);
      dropped.push(name);
    }
    return dropped;
  }

  /** The days that are there, oldest first. One that is not attached is on its way in or out. */
  async list(): Promise<{ name: string; startMs: number; state: 'attached' | 'detaching' | 'detached' }[]> {
    const { rows } = await this.#pool.query<{ name: string; detaching: boolean | null }>(
      `SELECT relname AS name, inhdetachpending AS detaching
       FROM pg_class LEFT JOIN pg_inherits ON inhrelid = pg_class.oid
       WHERE relkind = 'r' AND relname ~ '^swaps_\\d{4}_\\d{2}_\\d{2}$' AND relnamespace = current_schema::regnamespace
       ORDER BY relname`,
    );
    return rows.map(({ name, detaching }) => {
      const [year, month, day] = name.split('_').slice(1).map(Number) as [number, number, number];
      const state = detaching === null ? 'detached' : detaching ? 'detaching' : 'attached';
      return { name, startMs: Date.UTC(year, month - 1, day), state };
    });
  }

  /** Made beside the table and attached then: that lets readers and writers of the others go on. One process at a time. */
  async #create(startMs: number): Promise<void> {
    const name = nameOf(startMs);
    const endMs = startMs + dayMs;
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock($1)', [createLock]);
      const { rows } = await client.query('SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass($1)', [name]);
      if (rows.length === 0) {
        // The constraint tells the server that nothing need be looked through.
        const bounds = `time_ms >= ${startMs} AND time_ms < ${endMs}`;
        await client.query(
          `CREATE TABLE IF NOT EXISTS ${name} (LIKE swaps INCLUDING ALL, CONSTRAINT ${name}_day CHECK (${bounds}))`,
        );
        await client.query(`ALTER TABLE swaps ATTACH PARTITION ${name} FOR VALUES FROM (${startMs}) TO (${endMs})`);
      }
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
    this.#known.add(startMs);
  }
}

function nameOf(startMs: number): string {
  return `swaps_${new Date(startMs).toISOString().slice(0, 10).replaceAll('-', '_')}`;
}
