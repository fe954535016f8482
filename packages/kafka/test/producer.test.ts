import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { isCoded } from '@tidemark/runtime';
import { startTcpProxy } from '@tidemark/testing';
import { createProducer, type OutgoingRecord, type ProducerOptions } from '../src/index.ts';
import { brokerAddress, type Cluster, readAll, tail, useCluster } from './cluster.ts';

async function connected(t: TestContext, { client }: Cluster, options?: ProducerOptions) {
  const producer = createProducer(client, options);
  await producer.connect();
  t.after(() => producer.close());
  return producer;
}

function record(value: string, partition = 0): OutgoingRecord {
  return { topic: 'swaps', partition, key: `k${partition}`, value };
}

const numbered = (count: number, partition = 0) =>
  Array.from({ length: count }, (_, index) => record(String(index), partition));

describe('the producer', () => {
  test('keeps the order within each partition, across many requests', async (t) => {
    const cluster = await useCluster(t, { partitions: 3 });
    const producer = await connected(t, cluster, { maxBatchBytes: 2_000 });
    const sends: Promise<void>[] = [];
    for (let index = 0; index < 3_000; index++) sends.push(producer.send(record(String(index), index % 3)));
    await Promise.all(sends);
    const { partitions } = await readAll(t, cluster, 'swaps');
    for (const [partition, records] of partitions.entries()) {
      assert.deepEqual(
        records.map(({ value }) => Number(value)),
        Array.from({ length: 1_000 }, (_, index) => index * 3 + partition),
      );
    }
  });

  test('drops what is no longer current before an attempt to send it, and sends the rest', async (t) => {
    const proxy = await startTcpProxy({ target: await brokerAddress(), protocol: 'kafka' });
    t.after(() => proxy.close());
    const cluster = await useCluster(t, { partitions: 1, brokers: [proxy.address] });
    const producer = await connected(t, cluster);
    await producer.send(record('before'));
    const former = { current: true };
    await proxy.cut();
    const outcomes = Promise.allSettled([
      producer.send({ ...record('of a former owner'), lease: former }),
      producer.send({ ...record('of an owner'), lease: { current: true } }),
      producer.send(record('of nobody')),
    ]);
    former.current = false;
    await proxy.restore();
    assert.deepEqual(
      (await outcomes).map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    );
    assert.deepEqual((await readAll(t, cluster, 'swaps')).values(), ['before', 'of an owner', 'of nobody']);
  });

  test('carries keys, values, headers and tombstones as they are', async (t) => {
    const cluster = await useCluster(t, { partitions: 1 });
    const producer = await connected(t, cluster);
    const bytes = Uint8Array.from([0, 255, 128]);
    await producer.sendAll([
      { topic: 'stats', partition: 0, key: 'a', value: '1', headers: { 'content-type': 'text/plain', umlaut: 'ü' } },
      { topic: 'stats', partition: 0, key: bytes, value: bytes.subarray(1) },
      { topic: 'stats', partition: 0, key: 'a', value: null },
    ]);
    const { partitions } = await readAll(t, cluster, 'stats');
    const [first, second, third] = partitions[0]!;
    assert.equal(String(first!.value), '1');
    assert.equal(String(first!.headers['umlaut']), 'ü');
    assert.deepEqual([...second!.key!], [0, 255, 128]);
    assert.deepEqual([...second!.value!], [255, 128]);
    assert.equal(third!.value, null);
  });

  test('sends a lone record at once, and what comes while it is under way in one more request', async (t) => {
    const cluster = await useCluster(t, { partitions: 1 });
    const producer = await connected(t, cluster);
    await producer.send(record('warm'));
    let arrived = 0;
    const lone = producer.send(record('lone'));
    // In a later turn, when the first request has left.
    await new Promise((resolve) => setImmediate(resolve));
    const crowd = numbered(500).map(async (one) => {
      await producer.send(one);
      arrived++;
    });
    await lone;
    assert.equal(arrived, 0, 'the crowd was not part of its request');
    await crowd[0];
    // All of one request are acknowledged in one turn.
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(arrived, 500);
    assert.deepEqual((await readAll(t, cluster, 'swaps')).values().slice(0, 3), ['warm', 'lone', '0']);
  });

  test('holds callers back at its bound, until there is room', async (t) => {
    const cluster = await useCluster(t, { partitions: 1 });
    const producer = await connected(t, cluster, { maxPending: 10 });
    await producer.ready();
    const sends = numbered(10).map((one) => producer.send(one));
    let isReady = false;
    const ready = producer.ready().then(() => (isReady = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isReady, false);
    await Promise.all([...sends, ready]);
    assert.equal(isReady, true);
  });

  test('splits what brokers would not take in one batch, counting headers too', async (t) => {
    const cluster = await useCluster(t, { partitions: 1 });
    const producer = await connected(t, cluster);
    const headers = { 'tidemark-reason': 'x'.repeat(300) };
    await producer.sendAll(
      Array.from({ length: 4_000 }, () => ({ topic: 'stats' as const, partition: 0, key: 'k', value: null, headers })),
    );
    assert.equal((await cluster.client.offsets('stats'))[0]!.high, 4_000);
  });

  test('fails with PRODUCER_STUCK past the deadline when no broker answers, and says why', async (t) => {
    const cluster = await useCluster(t, { brokers: ['127.0.0.1:1'] });
    const producer = createProducer(cluster.client, { deadlineMs: 300 });
    await assert.rejects(producer.connect(), { code: 'KAFKA_UNAVAILABLE' });
    const sends = await Promise.allSettled([producer.send(record('a')), producer.send(record('b'))]);
    for (const send of sends) {
      assert.ok(send.status === 'rejected' && isCoded(send.reason, 'PRODUCER_STUCK'));
      assert.match(send.reason.message, /^no acknowledgement within 300 ms: ./);
    }
    await producer.close();
  });

  test('does not wait for a frozen broker longer than the deadline; records sent afterwards arrive in their order', async (t) => {
    const proxy = await startTcpProxy({ target: await brokerAddress(), protocol: 'kafka' });
    const cluster = await useCluster(t, { partitions: 1, brokers: [proxy.address] });
    t.after(() => proxy.close());
    const producer = createProducer(cluster.client, { deadlineMs: 500 });
    t.after(() => producer.close());
    await producer.connect();
    await producer.send(record('before'));
    proxy.pause();
    // No error is known yet: the request still hangs, for as long as the client's own time-outs.
    const stuck = { code: 'PRODUCER_STUCK', message: 'no acknowledgement within 500 ms: the brokers do not answer' };
    await assert.rejects(producer.send(record('frozen')), stuck);
    await assert.rejects(producer.send(record('queued behind it')), stuck);
    await producer.flush();
    proxy.resume();
    await Promise.all(['x', 'y', 'z'].map((value) => producer.send(record(value))));
    const values = (await readAll(t, cluster, 'swaps')).values().filter((value) => value !== 'frozen');
    assert.deepEqual([...new Set(values)], ['before', 'x', 'y', 'z']);
  });

  test('rides out a connection that breaks, in order', async (t) => {
    const proxy = await startTcpProxy({ target: await brokerAddress(), protocol: 'kafka' });
    const cluster = await useCluster(t, { partitions: 1, brokers: [proxy.address] });
    t.after(() => proxy.close());
    const producer = await connected(t, cluster, { maxBatchBytes: 2_000 });
    const { reader } = await tail(t, cluster, { topic: 'swaps' });
    const sends = Promise.all(numbered(2_000).map((one) => producer.send(one)));
    await reader.until(() => reader.partitions[0]!.length > 100);
    await proxy.cut();
    await proxy.restore();
    await sends;
    const values = (await readAll(t, cluster, 'swaps')).values().map(Number);
    // What was under way when the connection broke may be there twice.
    assert.deepEqual([...new Set(values)], [...Array(2_000).keys()]);
  });

  test('close sends what waits first', async (t) => {
    const cluster = await useCluster(t, { partitions: 1 });
    const producer = createProducer(cluster.client);
    await producer.connect();
    const sends = numbered(1_000).map((one) => producer.send(one));
    await producer.close();
    await Promise.all(sends);
    assert.equal((await readAll(t, cluster, 'swaps')).values().length, 1_000);
  });
});
