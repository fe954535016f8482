import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PartitionConsumer } from '../src/index.ts';
import { type Cluster, useCluster } from './cluster.ts';
import { join, Recorder } from './recorder.ts';

const pollMs = 20;

interface Member {
  recorder: Recorder;
  consumer: PartitionConsumer;
  has(): number[];
}

async function member(t: TestContext, cluster: Cluster): Promise<Member> {
  const recorder = new Recorder();
  const consumer = await join(t, cluster, recorder);
  return {
    recorder,
    consumer,
    has: () => consumer.assignments.map(({ partition }) => partition).toSorted((a, b) => a - b),
  };
}

/** Waits until the members share the partitions so: how many each has, in the order of the members. */
async function untilShared(members: Member[], ...counts: number[]): Promise<number[][]> {
  const sizes = () => members.map(({ has }) => has().length).toSorted((a, b) => b - a);
  while (sizes().join() !== counts.join()) await sleep(pollMs);
  return members.map(({ has }) => has());
}

function assertWithin(kept: number[], before: number[]): void {
  assert.ok(
    kept.every((partition) => before.includes(partition)),
    `${kept.join()} is not within ${before.join()}`,
  );
}

describe('a group with sticky assignment', () => {
  test('one member more takes its share, and the others keep the rest; its end gives that share back, and moves nothing else', async (t) => {
    const cluster = await useCluster(t, { partitions: 7 });
    const a = await member(t, cluster);
    await untilShared([a], 7);
    const b = await member(t, cluster);
    const two = await untilShared([a, b], 4, 3);
    const c = await member(t, cluster);
    const three = await untilShared([a, b, c], 3, 2, 2);
    assertWithin(three[0]!, two[0]!);
    assertWithin(three[1]!, two[1]!);
    await c.consumer.close();
    const left = await untilShared([a, b], 4, 3);
    assertWithin(three[0]!, left[0]!);
    assertWithin(three[1]!, left[1]!);
    // Whatever led the group: the one that led leaves too.
    await a.consumer.close();
    assert.deepEqual(await untilShared([b], 7), [[0, 1, 2, 3, 4, 5, 6]]);
    assert.equal(
      b.recorder.revocations.length,
      two[1]!.length - three[1]!.length,
      'it lost what it gave to the third, and nothing ever again',
    );
  });

  test('goes on round-robin while a member of the first release is in it, and becomes sticky when that has left', async (t) => {
    const cluster = await useCluster(t, { partitions: 4 });
    const { client, admin } = cluster;
    const groupId = `${client.options.topicPrefix}group`;
    const protocol = async () => (await admin.describeGroups([groupId])).groups[0]!.protocol;
    const old = client.kafka.consumer({ groupId, sessionTimeout: 6_000, heartbeatInterval: 100, maxWaitTimeInMs: 100 });
    t.after(() => old.disconnect());
    await old.connect();
    await old.subscribe({ topic: client.topicName('swaps') });
    await old.run({ autoCommit: false, eachBatch: async () => undefined });
    const first = await member(t, cluster);
    await untilShared([first], 2);
    assert.equal(await protocol(), 'RoundRobinAssigner');
    await old.disconnect();
    await untilShared([first], 4);
    assert.equal(await protocol(), 'tidemark-sticky');
    const second = await member(t, cluster);
    await untilShared([first, second], 2, 2);
    assert.equal(await protocol(), 'tidemark-sticky');
  });
});
