import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@tidemark/runtime';
import { createPostgres, createPostgresPartitionStore } from '@tidemark/store';
import { startTcpProxy } from '@tidemark/testing';
import { Installation, until } from './installation.ts';

test('Postgres that is away holds neither counting nor publishing up; back again, it gets what was counted', async (t) => {
  const installation = await Installation.create(t, 1);
  const url = new URL(installation.stack.databaseUrl);
  const proxy = await startTcpProxy({ target: url.host });
  t.after(() => proxy.close());
  url.host = proxy.address;
  const pool = createPostgres({ url: installation.stack.databaseUrl, log: silentLogger() });
  t.after(() => pool.end());
  const storedOffset = async () => {
    const list = createPostgresPartitionStore(pool).list;
    const stored = await list(installation.stack.env['GROUP_ID']!, installation.client.topicName('swaps'));
    return stored[0]?.nextOffset;
  };
  const running = await installation.startReady({ DATABASE_URL: url.href });
  const token = installation.token(0);
  await installation.produce({ token });
  await until(async () => (await storedOffset()) === 1);

  await proxy.cut();
  for (let trades = 2; trades <= 4; trades++) {
    await installation.produce({ token });
    await until(async () => (await installation.trades(token)) === trades);
  }
  await until(() => running.logs.some((line) => line.includes('the checkpoint is tried again')));
  assert.equal(await storedOffset(), 1);
  assert.deepEqual(await running.waitingFor(), [], 'it stays ready');

  await proxy.restore();
  await until(async () => (await storedOffset()) === 4);
  assert.equal(await installation.trades(token), 4);
});
