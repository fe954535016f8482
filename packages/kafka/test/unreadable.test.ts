import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { silentLogger } from '@tidemark/runtime';
import type { TopicName } from '@tidemark/wire';
import kafkajs from 'kafkajs';
import { createProducer } from '../src/index.ts';
import { type Cluster, readAll, tail, useCluster } from './cluster.ts';
import { join, Recorder } from './recorder.ts';
import { type Codec, sendBatch, sendDamaged } from './unreadable.ts';

const mebibyte = 1_048_576;
const { CompressionTypes } = kafkajs;
const compressions = Object.entries(CompressionTypes).filter(([name]) => name !== 'None') as [string, Codec][];

async function send({ direct }: Cluster, topic: TopicName, value: string): Promise<void> {
  const producer = createProducer(direct);
  await producer.connect();
  await producer.send({ topic, partition: 0, key: 'k', value });
  await producer.close();
}

describe('a batch that cannot be decoded', () => {
  for (const [name, compression] of compressions) {
    test(`since it expands without end (${name}) comes as one record at its last offset, and what follows is read`, async (t) => {
      const cluster = await useCluster(t, { partitions: 1 });
      await send(cluster, 'swaps', 'before');
      const values = [Buffer.alloc(33 * mebibyte), Buffer.alloc(33 * mebibyte)];
      await sendBatch(cluster.direct, { topic: 'swaps', values, compression });
      await send(cluster, 'swaps', 'behind');

      const records = (await readAll(t, cluster, 'swaps', { keepUnreadable: true })).partitions[0]!;
      assert.deepEqual(
        records.map(({ offset, key }) => ({ offset, key: key && String(key) })),
        [
          { offset: 0, key: 'k' },
          { offset: 2, key: null },
          { offset: 3, key: 'k' },
        ],
      );
      assert.deepEqual(records[1]!.unreadable, {
        firstOffset: 1,
        reason: 'the batch expands to more than 67108864 bytes',
      });
      assert.ok(records[1]!.value!.length < 4 * mebibyte);
    });
  }

  test('since it is damaged is handed to a member of a group once, and its bytes with it', async (t) => {
    const cluster = await useCluster(t, { partitions: 1 });
    await sendDamaged(cluster.direct, 'swaps', ['a', 'b', 'c']);
    await send(cluster, 'swaps', 'd');
    const recorder = new Recorder();
    const taken: unknown[] = [];
    recorder.onBatch = (_, { records }) => {
      for (const { offset, value, unreadable } of records)
        taken.push({ offset, firstOffset: unreadable?.firstOffset, magic: unreadable ? value![16] : undefined });
    };
    await join(t, cluster, recorder);
    await recorder.until(() => taken.length > 1);
    assert.deepEqual(taken, [
      { offset: 2, firstOffset: 0, magic: 2 },
      { offset: 3, firstOffset: undefined, magic: undefined },
    ]);
    assert.equal(recorder.crash, undefined);
  });

  test('is left out by a tail, which says so and catches up', async (t) => {
    const warned: Record<string, unknown>[] = [];
    const log = Object.assign(silentLogger(), { warn: (fields: Record<string, unknown>) => warned.push(fields) });
    const cluster = await useCluster(t, { partitions: 1, log });
    await send(cluster, 'stats', 'a');
    await sendDamaged(cluster.direct, 'stats', ['b', 'c']);
    const { reader, tail: opened } = await tail(t, cluster, { topic: 'stats' });
    await opened.caughtUp;
    await send(cluster, 'stats', 'd');
    await reader.until(() => reader.values().length === 2);
    assert.deepEqual(reader.values(), ['a', 'd']);
    assert.deepEqual(
      warned.map(({ code, partition, firstOffset, lastOffset }) => ({ code, partition, firstOffset, lastOffset })),
      [{ code: 'BATCH_UNREADABLE', partition: 0, firstOffset: 1, lastOffset: 2 }],
    );
  });
});

test('many batches that expand far are read a few at a time, and all are', async (t) => {
  const cluster = await useCluster(t, { partitions: 1 });
  const values = Array.from({ length: 6 }, (_, index) => Buffer.alloc(30 * mebibyte, index));
  for (const value of values)
    await sendBatch(cluster.direct, { topic: 'swaps', values: [value], compression: CompressionTypes.ZSTD });
  let largest = 0;
  const { reader, tail: opened } = await tail(t, cluster, {
    topic: 'swaps',
    onRecords: (partition, records) => {
      largest = Math.max(largest, records.length);
      reader.take(partition, records);
    },
  });
  await opened.caughtUp;
  assert.equal(reader.partitions[0]!.length, values.length);
  assert.ok(reader.partitions[0]!.every(({ value }, index) => values[index]!.equals(value!)));
  assert.equal(largest, 3);
});
