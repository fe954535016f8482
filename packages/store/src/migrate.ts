import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CodedError, type Logger } from '@tidemark/runtime';
import { runner } from 'node-pg-migrate';
import { Client, type DatabaseError } from 'pg';
import { driverOptions, type Pool, type PostgresConnection, postgresUnavailable } from './postgres.ts';

const migrationsDir = fileURLToPath(new URL('../migrations', import.meta.url));
const migrationsTable = 'migrations';
const undefinedTable = '42P01';

export interface MigrateOptions extends PostgresConnection {
  log: Logger;
}

/**
 * Applies the migrations that the database lacks, in the order of their names, each in a transaction; a second process that
 * migrates at the same time waits for the first. Answers the names of those applied.
 * @throws CodedError POSTGRES_UNAVAILABLE
 */
export async function migrate({ log, ...connection }: MigrateOptions): Promise<string[]> {
  const client = new Client({ ...driverOptions(connection), connectionTimeoutMillis: 5_000 });
  client.on('error', (error) => log.warn({ error }, `PostgreSQL connection lost: ${error.message}`));
  try {
    await client.connect();
  } catch (error) {
    throw postgresUnavailable(error);
  }
  try {
    const applied = await runner({
      dbClient: client,
      dir: migrationsDir,
      ignorePattern: '.*(?<!\\.sql)$',
      direction: 'up',
      migrationsTable,
      advisoryLockMode: 'wait',
      singleTransaction: false,
      logger: {
        debug: (message) => log.debug(message),
        info: (message) => log.debug(message),
        warn: (message) => log.warn(message),
        error: (message) => log.error(message),
      },
    });
    return applied.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** Names of the migrations that this release knows, in order. */
export async function knownMigrations(): Promise<string[]> {
  const files = await readdir(migrationsDir);
  return files
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .toSorted();
}

/**
 * Resolves when every migration that this release knows was applied; later ones of a newer release do not matter.
 * @throws CodedError SCHEMA_MISSING, POSTGRES_UNAVAILABLE
 */
export async function requireSchema(pool: Pool): Promise<void> {
  const applied = new Set<string>();
  try {
    const { rows } = await pool.query<{ name: string }>(`SELECT name FROM ${migrationsTable}`);
    for (const { name } of rows) applied.add(name);
  } catch (error) {
    if ((error as DatabaseError).code !== undefinedTable) throw postgresUnavailable(error);
  }
  const missing = (await knownMigrations()).filter((name) => !applied.has(name));
  if (missing.length > 0) {
    throw new CodedError('SCHEMA_MISSING', `the database lacks the migrations ${missing.join(', ')}`);
  }
}
