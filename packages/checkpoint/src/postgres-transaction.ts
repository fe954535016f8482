import { CodedError } from '@tidemark/runtime';
import type { Pool, PoolClient } from 'pg';

/**
 * Runs the work in one transaction. A failure before COMMIT was sent is passed on: nothing was stored.
 * @throws CodedError COMMIT_UNKNOWN when the connection failed with COMMIT under way.
 */
export async function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>, mode = ''): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(`BEGIN ${mode}`);
    const result = await work(client);
    await commit(client);
    return result;
  } catch (error) {
    broken = await rollBack(client, error);
    throw error;
  } finally {
    client.release(broken);
  }
}

async function commit(client: PoolClient): Promise<void> {
  try {
    const { command } = await client.query('COMMIT');
    if (command === 'COMMIT') return;
  } catch (error) {
    if (isKnownRollback(error)) throw error;
    throw new CodedError('COMMIT_UNKNOWN', `no answer to COMMIT: ${(error as Error).message}`, { cause: error });
  }
  throw new Error('the server rolled back instead of committing');
}

/** Serialization failures (class 40) and violated constraints (class 23) are the server's word that it rolled back. */
function isKnownRollback(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^(40|23)\d{3}$/.test(code);
}

/** Answers with an error when the connection must not be used again. */
async function rollBack(client: PoolClient, error: unknown): Promise<Error | undefined> {
  if (error instanceof CodedError && error.code === 'COMMIT_UNKNOWN') return error;
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (failed) {
    return failed as Error;
  }
}
