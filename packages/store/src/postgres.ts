import { CodedError, type Logger } from '@tidemark/runtime';
import { Pool } from 'pg';
import { z } from 'zod';

export type { Pool };

/** Settings of a service that uses PostgreSQL. */
export const postgresSettings = {
  DATABASE_URL: z
    .string()
    .default('postgres://127.0.0.1:5432/tidemark')
    .refine((url) => /^postgres(ql)?:\/\//.test(url), 'expected postgres://user:password@host:port/database')
    .meta({ secret: true, description: 'The PostgreSQL database that owns what was counted.' }),
};

const connectTimeoutMs = 5_000;
/** A statement beyond this is given up by the server, so that a lock held elsewhere cannot hold a service for ever. */
const statementTimeoutMs = 15_000;
/** The client gives up a little later than the server: a server that is gone cannot say so. */
const queryTimeoutMs = 17_000;
/** A transaction whose client fell silent is ended, and its locks with it. */
const idleInTransactionTimeoutMs = 30_000;
const maxConnections = 10;

export interface PostgresOptions {
  url: string;
  log: Logger;
  /** Connections at most. */
  max?: number;
}

/** A pool that outlives failovers: a broken connection is logged and dropped, whether idle or checked out. */
export function createPostgres({ url, log, max = maxConnections }: PostgresOptions): Pool {
  const pool = new Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: queryTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    keepAlive: true,
    allowExitOnIdle: false,
  });
  const report = (error: Error) => log.warn({ error }, `PostgreSQL connection lost: ${error.message}`);
  pool.on('error', report);
  // The pool takes its own listener off a client that is checked out, and an error without listener ends the process
  // (brianc/node-postgres#2386); this one stays for the client's life.
  pool.on('connect', (client) => client.on('error', (error) => log.debug({ error }, 'PostgreSQL client error')));
  return pool;
}

/**
 * Asks for a sign of life.
 * @throws CodedError POSTGRES_UNAVAILABLE
 */
export async function pingPostgres(pool: Pool): Promise<void> {
  try {
    await pool.query('SELECT 1');
  } catch (error) {
    throw postgresUnavailable(error);
  }
}

export function postgresUnavailable(cause: unknown): CodedError {
  // A refused connection to a name with several addresses is an AggregateError, whose own message is empty.
  const reason = cause instanceof AggregateError ? String(cause.errors[0]) : (cause as Error).message;
  return new CodedError('POSTGRES_UNAVAILABLE', `PostgreSQL: ${reason}`, { cause });
}
