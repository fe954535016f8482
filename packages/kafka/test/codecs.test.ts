import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import kafkajs from 'kafkajs';
import snappy from 'snappy';
import { readAll, useCluster } from './cluster.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/** Some that compress well, some that hardly do, one that is empty. */
const values = Array.from({ length: 300 }, (_, index) =>
  index === 7 ? '' : `${index} ${Math.sin(index)} ${'tide '.repeat(index % 50)}`,
);

describe('batches of every codec are read', () => {
  for (const [name, compression] of Object.entries(CompressionTypes) as [string, kafkajs.CompressionTypes][]) {
    test(name, async (t) => {
      const cluster = await useCluster(t, { partitions: 1 });
      const producer = cluster.client.kafka.producer();
      await producer.connect();
      t.after(() => producer.disconnect());
      const messages = values.map((value) => ({ partition: 0, key: 'k', value }));
      await producer.send({ topic: cluster.client.topicName('swaps'), compression, messages });
      assert.deepEqual((await readAll(t, cluster, 'swaps')).values(), values);
    });
  }

  test("snappy in xerial's framing, as Java's clients write it, also in several blocks", async (t) => {
    const cluster = await useCluster(t, { partitions: 1 });
    const plain = CompressionCodecs[CompressionTypes.Snappy];
    const decoder = plain();
    CompressionCodecs[CompressionTypes.Snappy] = () => ({
      ...decoder,
      compress: ({ buffer }: { buffer: Buffer }) => xerial(buffer, 1_000),
    });
    t.after(() => {
      CompressionCodecs[CompressionTypes.Snappy] = plain;
    });
    const producer = cluster.client.kafka.producer();
    await producer.connect();
    t.after(() => producer.disconnect());
    await producer.send({
      topic: cluster.client.topicName('swaps'),
      compression: CompressionTypes.Snappy,
      messages: values.map((value) => ({ partition: 0, value })),
    });
    assert.deepEqual((await readAll(t, cluster, 'swaps')).values(), values);
  });

  test('one batch of 200,000 records', async (t) => {
    const cluster = await useCluster(t, { partitions: 1 });
    const producer = cluster.client.kafka.producer();
    await producer.connect();
    t.after(() => producer.disconnect());
    const messages = Array.from({ length: 200_000 }, (_, index) => ({ partition: 0, value: String(index) }));
    // All are for one partition; the client's own grouping takes minutes for so many.
    Object.assign(messages, { reduce: () => ({ 0: messages }) });
    await producer.send({ topic: cluster.client.topicName('swaps'), compression: CompressionTypes.GZIP, messages });
    const read = (await readAll(t, cluster, 'swaps')).partitions[0]!;
    assert.equal(read.length, 200_000);
    assert.ok(read.every(({ offset, value }, index) => offset === index && Number(value) === index));
  });
});

/** Magic, version, least compatible version, then blocks behind their lengths. */
async function xerial(bytes: Buffer, blockBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00, 0, 0, 0, 1, 0, 0, 0, 1])];
  for (let start = 0; start < bytes.length; start += blockBytes) {
    const block = await snappy.compress(bytes.subarray(start, start + blockBytes));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}
