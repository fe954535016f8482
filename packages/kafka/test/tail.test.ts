import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createProducer } from '../src/index.ts';
import { type Cluster, deleteRecords, readAll, tail, transact, useCluster } from './cluster.ts';

async function produce({ client }: Cluster, values: string[], partition = 0): Promise<void> {
  const producer = createProducer(client);
  await producer.connect();
  await producer.sendAll(values.map((value) => ({ topic: 'stats', partition, key: 'k', value })));
  await producer.close();
}

describe('a tail', () => {
  test('has caught up with an empty topic at once', async (t) => {
    const cluster = await useCluster(t, { partitions: 4 });
    const { tail: opened, reader } = await tail(t, cluster, { topic: 'stats' });
    await opened.caughtUp;
    assert.deepEqual(reader.partitions, [[], [], [], []]);
  });

  test('hands out every partition in its order, and has caught up only when all was handed out', async (t) => {
    const cluster = await useCluster(t, { partitions: 2 });
    await produce(cluster, ['a', 'b', 'c'], 0);
    await produce(cluster, ['x', 'y'], 1);
    const { tail: opened, reader } = await tail(t, cluster, { topic: 'stats' });
    await opened.caughtUp;
    assert.deepEqual(
      [reader.values(0), reader.values(1)],
      [
        ['a', 'b', 'c'],
        ['x', 'y'],
      ],
    );
    await produce(cluster, ['d']);
    await reader.until(() => reader.values(0).length === 4);
    assert.deepEqual(reader.values(0), ['a', 'b', 'c', 'd']);
    assert.equal(reader.partitions[0]![3]!.offset, 3);
  });

  test('catches up with a log that ends in control records', async (t) => {
    const cluster = await useCluster(t, { partitions: 1 });
    await transact(cluster, 'stats', ['a', 'b'], 'commit');
    const reader = await readAll(t, cluster, 'stats');
    assert.deepEqual(reader.values(), ['a', 'b']);
    assert.equal((await cluster.client.offsets('stats'))[0]!.high, 3);
  });

  test('catches up with a log that ends in an aborted transaction, or holds nothing else, and hands none of it out', async (t) => {
    const cluster = await useCluster(t, { partitions: 1 });
    await transact(cluster, 'stats', ['gone'], 'abort');
    assert.deepEqual((await readAll(t, cluster, 'stats')).values(), []);
    await produce(cluster, ['kept']);
    await transact(cluster, 'stats', ['gone', 'too'], 'abort');
    assert.deepEqual((await readAll(t, cluster, 'stats')).values(), ['kept']);
  });

  test('begins at the offsets given, at the start where none is, at the end where past it', async (t) => {
    const cluster = await useCluster(t, { partitions: 3 });
    for (const partition of [0, 1, 2]) await produce(cluster, ['a', 'b', 'c'], partition);
    const from = new Map([
      [0, 2],
      [2, 1_000],
    ]);
    const { tail: opened, reader } = await tail(t, cluster, { topic: 'stats', from });
    await opened.caughtUp;
    assert.deepEqual([reader.values(0), reader.values(1), reader.values(2)], [['c'], ['a', 'b', 'c'], []]);
    await produce(cluster, ['d'], 2);
    await reader.until(() => reader.values(2).length > 0);
    assert.deepEqual(reader.values(2), ['d']);
  });

  test('begins at the first retained record where the offset given is older', async (t) => {
    const cluster = await useCluster(t, { partitions: 1 });
    // Compacted topics refuse deletion.
    const producer = createProducer(cluster.client);
    await producer.connect();
    await producer.sendAll(['a', 'b', 'c'].map((value) => ({ topic: 'swaps', partition: 0, key: 'k', value })));
    await producer.close();
    await deleteRecords(cluster, 'swaps', 0, 2);
    const { tail: opened, reader } = await tail(t, cluster, { topic: 'swaps', from: new Map([[0, 1]]) });
    await opened.caughtUp;
    assert.deepEqual(reader.values(), ['c']);
  });

  test('keeps its position when its group begins anew: nothing twice, nothing left out', async (t) => {
    const cluster = await useCluster(t, { partitions: 1 });
    const groupId = `${cluster.client.options.topicPrefix}rejoin`;
    await produce(cluster, ['a', 'b']);
    const { tail: opened, reader } = await tail(t, cluster, { topic: 'stats', groupId });
    await opened.caughtUp;
    // Another member makes the group rebalance; when it leaves, the group does so again.
    const other = cluster.direct.kafka.consumer({ groupId });
    const joined = new Promise((resolve) => other.on(other.events.GROUP_JOIN, resolve));
    await other.connect();
    await other.subscribe({ topic: cluster.client.topicName('stats') });
    await other.run({ eachMessage: () => Promise.resolve() });
    await joined;
    await produce(cluster, ['c', 'd']);
    await other.disconnect();
    await produce(cluster, ['e']);
    await reader.until(() => reader.values().includes('e'));
    assert.deepEqual(reader.values(), ['a', 'b', 'c', 'd', 'e']);
  });

  test('of a topic that is missing is refused', async (t) => {
    const cluster = await useCluster(t);
    await assert.rejects(tail(t, cluster, { topic: 'stats' }), { code: 'TOPIC_MISSING' });
  });
});
