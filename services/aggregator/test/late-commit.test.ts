import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { silentLogger } from '@tidemark/runtime';
import { createPostgres, createPostgresPartitionStore } from '@tidemark/store';
import { type Link, startTcpProxy } from '@tidemark/testing';
import { Installation, until } from './installation.ts';

const before = 5;
const more = 7;

describe('a COMMIT whose answer never comes', () => {
  for (const [title, lands] of [
    ['lands after its owner has given the connection up', true],
    ['is lost', false],
  ] as const) {
    test(`and that ${title}: every swap is counted once, and the refusal is told once`, async (t) => {
      const installation = await Installation.create(t, 1);
      const url = new URL(installation.stack.databaseUrl);
      const proxy = await startTcpProxy({ target: url.host, protocol: 'postgres' });
      t.after(() => proxy.close());
      url.host = proxy.address;
      const pool = createPostgres({ url: installation.stack.databaseUrl, log: silentLogger() });
      t.after(() => pool.end());
      const stored = async () => {
        const { list } = createPostgresPartitionStore(pool);
        const [row] = await list(installation.stack.env['GROUP_ID']!, installation.client.topicName('swaps'));
        return row!;
      };
      const running = await installation.startReady({ DATABASE_URL: url.href });
      const token = installation.token(0);
      const produce = (count: number) => installation.produce(...Array.from({ length: count }, () => ({ token })));
      await produce(before);
      await until(async () => (await stored()).nextOffset === before);

      const taken = new Promise<{ message: Buffer; link: Link }>((resolve) => {
        proxy.tap = {
          request(message, _call, link) {
            if (!message.includes('COMMIT')) return true;
            proxy.tap = undefined;
            resolve({ message, link });
            return false;
          },
        };
      });
      await produce(more);
      const { message, link } = await taken;
      assert.equal((await stored()).nextOffset, before, 'the fault hits with a checkpoint under way');
      link.cutClient();
      // The owner waits for the lock of its own lost transaction.
      const said = () => running.logs.filter((line) => line.includes('COMMIT_UNKNOWN'));
      await until(() => said().length > 0);
      if (lands) link.sendToServer(message);
      link.endServer();
      await produce(1);
      await until(async () => (await stored()).nextOffset === before + more + 1);
      await until(async () => (await installation.trades(token)) === before + more + 1);
      assert.equal(said().length, 1);
      assert.equal((await stored()).epoch, 2);
    });
  }
});
