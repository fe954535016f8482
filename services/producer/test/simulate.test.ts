import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf, swapSchema } from '@tidemark/domain';
import { type IsolatedStack, isolate, startService } from '@tidemark/testing';
import { temporaryDir } from './temporary-dir.ts';
import { connect, countSwaps, readSwaps } from './topic.ts';

describe('simulate', () => {
  let stack: IsolatedStack;
  before(async () => {
    stack = await isolate();
  });
  after(() => stack.dispose());

  test('swaps arrive keyed and placed by their token, and a restart repeats no id', async (context) => {
    const client = connect(stack);
    context.after(() => client.close());
    const dir = await temporaryDir(context);
    const shares = { DUPLICATE_SHARE: '0', PENDING_SHARE: '0', REVERTED_SHARE: '0' };
    const settings = { ...stack.env, ...shares, RATE: '1000', SEED: 'fixed', STATE_DIR: join(dir, 'state') };
    const runs = 2;
    for (let run = 1; run <= runs; run++) {
      const sentBefore = run === 1 ? 0 : await countSwaps(client);
      const service = await startService('producer', settings, { test: context });
      while ((await countSwaps(client)) < sentBefore + 500) await sleep(50);
      assert.deepEqual(await service.kill('SIGTERM'), { code: 0, signal: null });
      assert.ok(
        service.logs.some((line) => line.includes('"seed":"fixed"')),
        'the seed is logged',
      );
    }
    const records = await readSwaps(client);
    assert.equal(new Set(records.map(({ swap }) => swap.id)).size, records.length);
    assert.equal(new Set(records.map(({ swap }) => swap.id.split(':')[1])).size, runs);
    for (const { key, partition, swap, appendTimeMs } of records) {
      assert.ok(swapSchema.safeParse(swap).success);
      assert.equal(Buffer.from(key!).toString(), swap.token);
      assert.equal(partition, partitionOf(swap.token, 12));
      assert.ok(swap.timestamp <= appendTimeMs);
    }
  });
});
