import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCoded, silentLogger } from '@tidemark/runtime';
import { createPostgres, migrate, type Pool } from '@tidemark/store';
import { type IsolatedStack, isolate, type Link, startTcpProxy } from '@tidemark/testing';
import type { Ownership } from '../src/checkpoint.ts';
import { PostgresCheckpointStore } from '../src/postgres-store.ts';
import { checkpoint } from './fixtures.ts';

const log = silentLogger();
const counting = { rulesHash: 'rules', partitionCount: 12, startOffset: 100 };
const pollMs = 10;

let stack: IsolatedStack;
let pool: Pool;
let store: PostgresCheckpointStore;
let partitions = 0;

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

function freshKey() {
  return { groupId: 'late', topic: 'swaps', partition: partitions++ };
}

/** An owner behind a proxy that has taken the COMMIT of its checkpoint 100..110, and whose connection has broken since. */
async function commitUnderWay(t: TestContext, owner: Ownership): Promise<{ deliver(): void; drop(): void }> {
  const url = new URL(stack.databaseUrl);
  const proxy = await startTcpProxy({ target: url.host, protocol: 'postgres' });
  url.host = proxy.address;
  const behind = createPostgres({ url: url.href, log });
  t.after(async () => {
    await behind.end();
    await proxy.close();
  });
  const taken = new Promise<{ message: Buffer; link: Link }>((resolve) => {
    proxy.tap = {
      request(message, _call, link) {
        if (!message.includes('COMMIT')) return true;
        resolve({ message, link });
        return false;
      },
    };
  });
  const outcome = assert.rejects(new PostgresCheckpointStore(behind).commit(owner, checkpoint(100, 110)), (error) =>
    isCoded(error, 'COMMIT_UNKNOWN'),
  );
  const { message, link } = await taken;
  link.cutClient();
  await outcome;
  return {
    deliver() {
      link.sendToServer(message);
      link.endServer();
    },
    drop: () => link.endServer(),
  };
}

/** Somebody waits for a lock in this database. */
async function untilBlocked(): Promise<void> {
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await pool.query(waiting)).rowCount === 0) await sleep(pollMs);
}

async function stored(ownership: Ownership): Promise<number[][]> {
  const { deltas, nextOffset } = await store.restore(ownership, [1]);
  assert.equal(deltas.at(-1)?.to ?? 100, nextOffset);
  return deltas.map(({ from, to }) => [from, to]);
}

async function assertFenced(former: Ownership): Promise<void> {
  for (const from of [100, 110]) {
    await assert.rejects(store.commit(former, checkpoint(from, from + 10)), (error) => isCoded(error, 'FENCED'));
  }
}

describe('a COMMIT whose answer never came', () => {
  test('and that lands while the next owner takes over is waited for, and counted once', async (t) => {
    const key = freshKey();
    const former = await store.own(key, counting);
    const held = await commitUnderWay(t, former);
    const owning = store.own(key, counting);
    await untilBlocked();
    held.deliver();
    const next = await owning;
    assert.deepEqual(await stored(next), [[100, 110]]);
    await assertFenced(former);
    await store.commit(next, checkpoint(110, 120));
    assert.deepEqual(await stored(next), [
      [100, 110],
      [110, 120],
    ]);
  });

  test('and that is lost is rolled back before the next owner has the partition: it cannot land any more', async (t) => {
    const key = freshKey();
    const former = await store.own(key, counting);
    const held = await commitUnderWay(t, former);
    const owning = store.own(key, counting);
    await untilBlocked();
    held.drop();
    const next = await owning;
    assert.deepEqual(await stored(next), []);
    await assertFenced(former);
    await store.commit(next, checkpoint(100, 115));
    assert.deepEqual(await stored(next), [[100, 115]]);
  });

  test('and that landed is found by the same owner when it takes over from itself', async (t) => {
    const key = freshKey();
    const former = await store.own(key, counting);
    const held = await commitUnderWay(t, former);
    held.deliver();
    const again = await store.own(key, counting);
    assert.deepEqual(await stored(again), [[100, 110]]);
    await assertFenced(former);
  });
});
