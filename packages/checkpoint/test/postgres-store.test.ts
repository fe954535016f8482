import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isCoded, silentLogger } from '@tidemark/runtime';
import { createPostgres, migrate, type Pool } from '@tidemark/store';
import { type IsolatedStack, isolate } from '@tidemark/testing';
import { PostgresCheckpointStore } from '../src/postgres-store.ts';
import { checkpoint, testConformance } from './conformance.ts';

let stack: IsolatedStack;
let pool: Pool;
let store: PostgresCheckpointStore;
const counting = { rulesHash: 'rules', partitionCount: 12, startOffset: 100 };
const log = silentLogger();

before(async () => {
  stack = await isolate();
  await migrate({ url: stack.databaseUrl, log });
  pool = createPostgres({ url: stack.databaseUrl, log });
  store = new PostgresCheckpointStore(pool);
});

after(async () => {
  await pool.end();
  await stack.dispose();
});

testConformance('the checkpoint store in Postgres', () => store);

test('a base or delta that was altered in the database is refused', async () => {
  const key = { groupId: 'altered', topic: 'swaps', partition: 0 };
  const ownership = await store.own(key, counting);
  await store.commit(ownership, checkpoint(100, 110));
  await pool.query(`UPDATE deltas SET bytes = 'other' WHERE group_id = 'altered'`);
  await assert.rejects(store.restore(ownership, [1]), (error) => isCoded(error, 'CHECKPOINT_CORRUPT'));
});

test('a missing delta is noticed, never skipped', async () => {
  const key = { groupId: 'missing', topic: 'swaps', partition: 0 };
  const ownership = await store.own(key, counting);
  for (const from of [100, 110, 120]) await store.commit(ownership, checkpoint(from, from + 10));
  await pool.query(`DELETE FROM deltas WHERE group_id = 'missing' AND from_offset = 110`);
  await assert.rejects(store.restore(ownership, [1]), (error) => isCoded(error, 'CHECKPOINT_CORRUPT'));
});

test('candles and tokens are stored in the transaction of the checkpoint, or not at all', async () => {
  const key = { groupId: 'rows', topic: 'swaps', partition: 0 };
  const ownership = await store.own(key, counting);
  const candle = {
    token: 'T',
    minuteMs: 60_000,
    open: '1.5',
    high: '2',
    low: '1',
    close: '1.25',
    volumeUsd: '10',
    volume: '7',
    trades: 3,
    final: false,
  };
  const token = { token: 'T', symbol: 'TT', name: null, firstSeenMs: 61_000, lastSeenMs: 62_000 };
  await store.commit(ownership, checkpoint(100, 110, { candles: [candle], tokens: [token] }));
  await assert.rejects(store.commit(ownership, checkpoint(100, 120, { candles: [{ ...candle, trades: 9 }] })));
  const candles = await pool.query(
    `SELECT token, minute_ms, open, close, trades, final FROM candles WHERE group_id = 'rows'`,
  );
  assert.deepEqual(candles.rows, [
    { token: 'T', minute_ms: '60000', open: '1.5', close: '1.25', trades: '3', final: false },
  ]);
  await store.commit(ownership, checkpoint(110, 120, { candles: [{ token: 'T', minuteMs: 60_000, removed: true }] }));
  assert.equal((await pool.query(`SELECT 1 FROM candles WHERE group_id = 'rows'`)).rowCount, 0);
  assert.deepEqual((await pool.query(`SELECT symbol, first_seen_ms FROM tokens WHERE group_id = 'rows'`)).rows, [
    { symbol: 'TT', first_seen_ms: '61000' },
  ]);
});

test('a connection that breaks inside the transaction stores nothing; with COMMIT under way the outcome is called unknown', async () => {
  const key = { groupId: 'broken', topic: 'swaps', partition: 0 };
  const ownership = await store.own(key, counting);
  for (const [statement, expected] of [
    ['INSERT INTO deltas', undefined],
    ['COMMIT', 'COMMIT_UNKNOWN'],
  ] as const) {
    const breaking = new PostgresCheckpointStore(breakingPool(statement));
    await assert.rejects(breaking.commit(ownership, checkpoint(100, 110)), (error: unknown) =>
      expected ? isCoded(error, expected) : !isCoded(error),
    );
    assert.equal((await store.restore(ownership, [1])).nextOffset, 100);
  }
});

/** The pool, with each connection cut on the server's side right before the statement is sent. */
function breakingPool(statement: string): Pool {
  const connect = async () => {
    const client = await pool.connect();
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const cut = async (...args: unknown[]) => {
      if (String(args[0]).startsWith(statement)) await pool.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
      return query(...args);
    };
    return Object.assign(Object.create(client) as typeof client, {
      query: cut,
      release: (error?: Error) => client.release(error ?? true),
    });
  };
  return { connect } as unknown as Pool;
}
