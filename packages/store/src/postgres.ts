import { CodedError, flag, type Logger, readSettingFile } from '@tidemark/runtime';
import { type ClientConfig, Pool } from 'pg';
import { z } from 'zod';

export type { Pool };

/** Settings of a service that uses PostgreSQL. */
export const postgresSettings = {
  DATABASE_URL: z
    .string()
    .default('postgres://127.0.0.1:5432/tidemark')
    .refine((url) => /^postgres(ql)?:\/\//.test(url), 'expected postgres://user:password@host:port/database')
    .meta({ secret: true, description: 'The PostgreSQL database that owns what was counted.' }),
  DATABASE_TLS: flag(false).describe('Talk TLS to PostgreSQL, and verify its certificate and name.'),
  DATABASE_CA_FILE: z
    .string()
    .default('')
    .describe('With DATABASE_TLS: the certificate authorities to trust (PEM), instead of those that Node knows.'),
};

type PostgresSettings = { [Name in keyof typeof postgresSettings]: z.infer<(typeof postgresSettings)[Name]> };

/** How to reach a database. */
export interface PostgresConnection {
  url: string;
  /** TLS with verification, by these authorities or by those that Node knows. */
  tls?: { ca?: string };
}

/**
 * The connection that the settings describe, with the file that they name read.
 * @throws CodedError SETTINGS_INVALID
 */
export function postgresConnection(settings: PostgresSettings): PostgresConnection {
  const { DATABASE_URL: url, DATABASE_TLS, DATABASE_CA_FILE } = settings;
  const ca = readSettingFile('DATABASE_CA_FILE', DATABASE_CA_FILE);
  if (!DATABASE_TLS) {
    if (ca === undefined) return { url };
    throw new CodedError('SETTINGS_INVALID', 'DATABASE_CA_FILE needs DATABASE_TLS=true');
  }
  // The driver would let them win, and some of them verify nothing.
  if (/[?&]ssl/.test(url))
    throw new CodedError('SETTINGS_INVALID', 'DATABASE_TLS=true stands in place of the ssl parameters in DATABASE_URL');
  return { url, tls: ca === undefined ? {} : { ca } };
}

/** For the driver. */
export function driverOptions({ url, tls }: PostgresConnection): ClientConfig {
  return { connectionString: url, ...(tls && { ssl: { ...tls, rejectUnauthorized: true } }) };
}

const connectTimeoutMs = 5_000;
/** A statement beyond this is given up by the server, so that a lock held elsewhere cannot hold a service for ever. */
const defaultStatementTimeoutMs = 15_000;
/** The client gives up a little later than the server: a server that is gone cannot say so. */
const queryTimeoutMarginMs = 2_000;
/** A transaction whose client fell silent is ended, and its locks with it. */
const idleInTransactionTimeoutMs = 30_000;
const maxConnections = 10;

export interface PostgresOptions extends PostgresConnection {
  log: Logger;
  /** Connections at most. */
  max?: number;
  /** How long a statement may take. */
  statementTimeoutMs?: number;
}

/** A pool that outlives failovers: a broken connection is logged and dropped, whether idle or checked out. */
export function createPostgres({
  log,
  max = maxConnections,
  statementTimeoutMs = defaultStatementTimeoutMs,
  ...connection
}: PostgresOptions): Pool {
  const pool = new Pool({
    ...driverOptions(connection),
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + queryTimeoutMarginMs,
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
