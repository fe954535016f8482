import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isCoded, silentLogger } from '@tidemark/runtime';
import { createPostgres, migrate, type Pool } from '@tidemark/store';
import { type IsolatedStack, isolate } from '@tidemark/testing';
import { PostgresCheckpointStore } from '../src/postgres-store.ts';
import { testConformance } from './conformance.ts';
import { checkpoint } from './fixtures.ts';

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

testConformance('the checkpoint store in Postgres', () => ({
  store,
  candles: async (groupId, upToGeneration) => {
    const { rows } = await pool.query<{ token: string; minute_ms: string; generation: string; trades: string }>(
      'SELECT token, minute_ms, generation, trades FROM candles WHERE group_id = $1 AND generation <= $2',
      [groupId, upToGeneration],
    );
    return rows.map(({ token, minute_ms, generation, trades }) => ({
      token,
      minuteMs: Number(minute_ms),
      generation: Number(generation),
      trades: Number(trades),
    }));
  },
}));

test('a base or delta that was altered in the database is refused', async () => {
  const key = { groupId: 'altered', topic: 'swaps', partition: 0 };
  const ownership = await store.own(key, counting);
  await store.commit(ownership, checkpoint(100, 110));
  await pool.query(`UPDATE deltas SET bytes = 'other' WHERE group_id = 'altered'`);
  await assert.rejects(store.restore(ownership, [1]), (error) => isCoded(error, 'CHECKPOINT_CORRUPT'));
});

test('a row that was altered in the database is refused', async () => {
  const key = { groupId: 'altered-row', topic: 'swaps', partition: 0 };
  const ownership = await store.own(key, counting);
  await store.commit(ownership, checkpoint(100, 110));
  for (const change of [`head = '{"watermarkMs": 111}'`, 'last_record = null', 'replay_from = 99']) {
    await pool.query(`UPDATE partitions SET ${change} WHERE group_id = 'altered-row'`);
    await assert.rejects(store.restore(ownership, [1]), (error) => isCoded(error, 'CHECKPOINT_CORRUPT'), change);
    await store.commit(ownership, checkpoint(110, 110, { delta: new Uint8Array() }));
    await store.restore(ownership, [1]);
  }
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

test('the labels of a token are those of its latest record, also while an earlier stretch of the log is counted again', async () => {
  const key = { groupId: 'labels', topic: 'swaps', partition: 0 };
  const ownership = await store.own(key, counting);
  await store.commit(ownership, checkpoint(100, 110, label('new', 9)));
  const rebuild = await store.beginRebuild(key, { ...counting, supersedes: 1, candlesFromMs: 0, worker: 'test' });
  await rebuild.write({ nextOffset: 105, endOffset: 110 }, { candles: [], ...label('old', 5) });
  await rebuild.close();
  const select = `SELECT symbol, last_seen_ms FROM tokens WHERE group_id = 'labels'`;
  assert.deepEqual((await pool.query(select)).rows, [{ symbol: 'new', last_seen_ms: '9' }]);
  await store.commit(ownership, checkpoint(110, 120, label('newer', 9)));
  await store.commit(ownership, checkpoint(120, 130, label(null, 12)));
  assert.deepEqual((await pool.query(select)).rows, [{ symbol: 'newer', last_seen_ms: '12' }]);
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

function label(symbol: string | null, lastSeenMs: number) {
  return { tokens: [{ token: 'T', symbol, name: null, firstSeenMs: 1, lastSeenMs }] };
}

/** The pool, with the connection cut on the server's side right before the statement is sent for the given time. */
function breakingPool(statement: string, time = 1): Pool {
  let sent = 0;
  const connect = async () => {
    const client = await pool.connect();
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const cut = async (...args: unknown[]) => {
      if (String(args[0]).startsWith(statement) && ++sent === time)
        await pool.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
      return query(...args);
    };
    return Object.assign(Object.create(client) as typeof client, {
      query: cut,
      release: (error?: Error) => client.release(error ?? true),
    });
  };
  return { connect, query: pool.query.bind(pool) } as unknown as Pool;
}

test('a rebuild whose connection is gone is fenced by the next one, which removes what it wrote', async () => {
  const key = { groupId: 'cut-off', topic: 'swaps', partition: 0 };
  const plan = { ...counting, supersedes: 0, candlesFromMs: 0, worker: 'first' };
  const first = await store.beginRebuild(key, plan);
  await first.writeShards(1, [{ shard: 3, atOffset: 120, bytes: Buffer.from('three') }]);
  await cutHolders();
  const second = await store.beginRebuild(key, { ...plan, worker: 'second' });
  assert.equal((await pool.query(`SELECT 1 FROM bases WHERE group_id = 'cut-off'`)).rowCount, 0);
  const progress = { nextOffset: 120, endOffset: 120 };
  await assert.rejects(first.write(progress, { candles: [], tokens: [] }), (error) => isCoded(error, 'FENCED'));
  await assert.rejects(first.switchOver({ nextOffset: 120, head: null, lastRecord: null }), (error) =>
    isCoded(error, 'FENCED'),
  );
  await first.close();
  await second.write(progress, { candles: [], tokens: [] });
  await second.close();
  assert.equal((await pool.query(`SELECT 1 FROM rebuilds WHERE group_id = 'cut-off'`)).rowCount, 0);
});

test('what a killed rebuild left goes before any partition is rebuilt over another number of them; one under way refuses that', async () => {
  const key = { groupId: 'repartitioned', topic: 'swaps', partition: 1 };
  const plan = { ...counting, partitionCount: 2, supersedes: 0, candlesFromMs: 0, worker: 'killed' };
  // Of two partitions it is the second one's.
  const token = 't1';
  const price = { open: '1', high: '1', low: '1', close: '1', volumeUsd: '1', volume: '1', trades: 1, final: false };
  const killed = await store.beginRebuild(key, plan);
  const tokens = [{ token, symbol: null, name: null, firstSeenMs: 1, lastSeenMs: 1 }];
  await killed.write({ nextOffset: 101, endOffset: 120 }, { candles: [{ token, minuteMs: 0, ...price }], tokens });
  const beside = { ...key, partition: 0 };
  const other = { ...plan, partitionCount: 3, worker: 'next' };
  await assert.rejects(store.beginRebuild(beside, other), (error) => isCoded(error, 'REBUILD_RUNNING'));
  await cutHolders();
  const next = await store.beginRebuild(beside, other);
  const left = await pool.query(`SELECT 1 FROM candles WHERE group_id = 'repartitioned'`);
  assert.equal(left.rowCount, 0);
  await next.close();
  await killed.close();
});

/** As when the processes are killed: advisory locks go with their connections. */
async function cutHolders(): Promise<void> {
  await pool.query(`SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND database =
    (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()`);
}

test('a switch whose COMMIT was not answered is told by what is stored', async () => {
  const key = { groupId: 'unanswered', topic: 'swaps', partition: 0 };
  const plan = { ...counting, supersedes: 0, candlesFromMs: 0, worker: 'first' };
  const breaking = new PostgresCheckpointStore(breakingPool('COMMIT', 2));
  const rebuild = await breaking.beginRebuild(key, plan);
  await assert.rejects(rebuild.switchOver({ nextOffset: 120, head: null, lastRecord: null }), (error) =>
    isCoded(error, 'COMMIT_UNKNOWN'),
  );
  assert.equal(await store.serving(key), null);
  await rebuild.close();
});
