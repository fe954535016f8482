import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { silentLogger } from '@tidemark/runtime';
import { isolate } from '@tidemark/testing';
import { knownMigrations, migrate, requireSchema } from '../src/migrate.ts';
import { createPostgres, type Pool, pingPostgres } from '../src/postgres.ts';
import { createPostgresTokenStore } from '../src/token-store.ts';

const log = silentLogger();

describe('the database', () => {
  let stack: Awaited<ReturnType<typeof isolate>>;
  let pool: Pool;

  before(async () => {
    stack = await isolate();
    pool = createPostgres({ url: stack.databaseUrl, log });
  });
  after(async () => {
    await pool?.end();
    await stack?.dispose();
  });

  test('without migrations is refused by name', async () => {
    await assert.rejects(requireSchema(pool), { code: 'SCHEMA_MISSING' });
  });

  test('is migrated once, whoever else migrates at the same time', async () => {
    const applied = await Promise.all([
      migrate({ url: stack.databaseUrl, log }),
      migrate({ url: stack.databaseUrl, log }),
    ]);
    assert.deepEqual(applied.flat(), await knownMigrations());
    await requireSchema(pool);
    assert.deepEqual(await migrate({ url: stack.databaseUrl, log }), []);
  });

  test('knows the tokens of each consumer group apart', async () => {
    await pool.query(
      `INSERT INTO tokens (group_id, token, symbol, name, first_seen_ms, last_seen_ms)
       VALUES ('a', '1:0xaa', 'AA', 'Token A', 1704412800000, 1704412900000), ('b', '1:0xbb', NULL, NULL, 1, 2)`,
    );
    const tokens = createPostgresTokenStore(pool);
    assert.deepEqual(await tokens.find('a', ['1:0xaa', '1:0xbb', 'unknown']), [
      { token: '1:0xaa', symbol: 'AA', name: 'Token A', firstSeenMs: 1_704_412_800_000, lastSeenMs: 1_704_412_900_000 },
    ]);
    assert.deepEqual(await tokens.find('b', ['1:0xbb']), [
      { token: '1:0xbb', symbol: null, name: null, firstSeenMs: 1, lastSeenMs: 2 },
    ]);
    assert.deepEqual(await tokens.find('a', []), []);
  });

  test('that ends the connection of a checked-out client does not end the process', async () => {
    const client = await pool.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const ended = new Promise((resolve) => client.once('end', resolve));
    await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await ended;
    await assert.rejects(client.query('SELECT 1'));
    client.release(true);
    await pingPostgres(pool);
  });

  test('that is away is reported with a code', async () => {
    const away = createPostgres({ url: 'postgres://127.0.0.1:1/none', log });
    await assert.rejects(pingPostgres(away), { code: 'POSTGRES_UNAVAILABLE' });
    await assert.rejects(requireSchema(away), { code: 'POSTGRES_UNAVAILABLE' });
    await assert.rejects(createPostgresTokenStore(away).find('a', ['b']), { code: 'POSTGRES_UNAVAILABLE' });
    await assert.rejects(migrate({ url: 'postgres://127.0.0.1:1/none', log }), { code: 'POSTGRES_UNAVAILABLE' });
    await away.end();
  });
});
