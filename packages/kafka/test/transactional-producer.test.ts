import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isCoded } from '@tidemark/runtime';
import { createTransactionalProducer, type OutgoingRecord } from '../src/index.ts';
import { readAll, useCluster } from './cluster.ts';

function record(value: string, more: Partial<OutgoingRecord> = {}): OutgoingRecord {
  return { topic: 'swaps', partition: 0, key: null, value, ...more };
}

describe('the transactional producer', () => {
  test('shows all that a transaction sent or nothing of it, and knows where each record stands', async (t) => {
    const cluster = await useCluster(t, { partitions: 2 });
    const { client } = cluster;
    const producer = createTransactionalProducer(client, `${client.options.topicPrefix}id`);
    t.after(() => producer.close());
    await producer.connect();
    const offsets: number[][] = [];
    await producer.transact(async (send) => {
      offsets.push(await send([record('a'), record('b', { partition: 1 }), record('c')]));
      offsets.push(await send([record('mark', { topic: 'swaps.dead', headers: { of: 'a' } })]));
    });
    const failed = producer.transact(async (send) => {
      await send([record('never'), record('never', { topic: 'swaps.dead' })]);
      throw new Error('given up');
    });
    await assert.rejects(failed, /given up/);
    await producer.transact(async (send) => {
      offsets.push(await send([record('d')]));
    });
    // Commits and aborts stand in the log as well: two of them before the last record.
    assert.deepEqual(offsets, [[0, 0, 1], [0], [5]]);
    const swaps = await readAll(t, cluster, 'swaps');
    assert.deepEqual([swaps.values(0), swaps.values(1)], [['a', 'c', 'd'], ['b']]);
    const dead = await readAll(t, cluster, 'swaps.dead');
    assert.deepEqual(dead.values(), ['mark']);
    assert.equal(String(dead.partitions[0]![0]!.headers['of']), 'a');
  });

  test('ends the transaction of whoever used the id before, who can send no more', async (t) => {
    const cluster = await useCluster(t, { partitions: 1 });
    const { client } = cluster;
    const [former, next] = [1, 2].map(() => createTransactionalProducer(client, `${client.options.topicPrefix}id`));
    t.after(() => Promise.all([former!.close(), next!.close()]));
    await former!.connect();
    const outcome = former!.transact(async (send) => {
      await send([record('former')]);
      await next!.connect();
      await next!.transact(async (sendNext) => void (await sendNext([record('next')])));
    });
    await assert.rejects(outcome, (error) => isCoded(error, 'PRODUCER_FENCED'));
    await assert.rejects(
      former!.transact(async (send) => void (await send([record('again')]))),
      (error) => isCoded(error, 'PRODUCER_FENCED'),
    );
    assert.deepEqual((await readAll(t, cluster, 'swaps')).values(), ['next']);
  });
});
