import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RecordedSwap } from '@tidemark/domain';
import type { DatabaseError, Pool, PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { SwapDays } from './swap-days.ts';
import { columns, copyText } from './swap-row.ts';

const uniqueViolation = '23505';
const noPartition = '23514';
/** So many rows are one chunk of the stream. */
const rowsInChunk = 1_000;

/** Writes swaps into the table, each once, however often it comes. */
export class SwapWriter {
  readonly #days: SwapDays;

  constructor(pool: Pool) {
    this.#days = new SwapDays(pool);
  }

  /** Makes room for the swaps; outside of the transaction, since it would hold others up. */
  async prepare(swaps: readonly RecordedSwap[]): Promise<void> {
    await this.#days.ensure(new Set(swaps.map(({ swap }) => swap.timestamp)));
  }

  /** Part of the caller's transaction. */
  async write(client: PoolClient, swaps: readonly RecordedSwap[]): Promise<void> {
    if (swaps.length === 0) return;
    await client.query('SAVEPOINT swaps');
    try {
      await copy(client, 'swaps', swaps);
      await client.query('RELEASE SAVEPOINT swaps');
    } catch (error) {
      const { code } = error as DatabaseError;
      // A day that another process dropped: the next try makes it again.
      if (code === noPartition) this.#days.forget();
      if (code !== uniqueViolation) throw error;
      await client.query('ROLLBACK TO SAVEPOINT swaps');
      await writeNew(client, swaps);
    }
  }
}

/** Some are there: the log is being read again. */
async function writeNew(client: PoolClient, swaps: readonly RecordedSwap[]): Promise<void> {
  await client.query('CREATE TEMPORARY TABLE IF NOT EXISTS incoming_swaps (LIKE swaps) ON COMMIT DELETE ROWS');
  await copy(client, 'incoming_swaps', swaps);
  await client.query(`INSERT INTO swaps (${columns}) SELECT ${columns} FROM incoming_swaps ON CONFLICT DO NOTHING`);
}

async function copy(client: PoolClient, table: string, swaps: readonly RecordedSwap[]): Promise<void> {
  const stream = client.query(copyFrom(`COPY ${table} (${columns}) FROM STDIN`));
  await pipeline(Readable.from(chunks(swaps)), stream);
}

function* chunks(swaps: readonly RecordedSwap[]): Generator<Buffer> {
  for (let at = 0; at < swaps.length; at += rowsInChunk) yield Buffer.from(copyText(swaps.slice(at, at + rowsInChunk)));
}
