import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '@tidemark/runtime';
import { createProducer } from '../src/index.ts';
import { type Cluster, deleteRecords, transact, useCluster } from './cluster.ts';
import { join, Recorder } from './recorder.ts';

async function produce({ direct }: Cluster, values: string[], partition = 0): Promise<void> {
  const producer = createProducer(direct);
  await producer.connect();
  await producer.sendAll(values.map((value) => ({ topic: 'swaps', partition, key: 'k', value })));
  await producer.close();
}

async function started(t: TestContext, partitions = 1, recorder = new Recorder()) {
  const cluster = await useCluster(t, { partitions });
  const consumer = await join(t, cluster, recorder);
  return { cluster, recorder, consumer };
}

describe('the partition consumer', () => {
  test('hands out records in order from the position that the processor answers with', async (t) => {
    const cluster = await useCluster(t, { partitions: 2 });
    await produce(cluster, ['a', 'b', 'c'], 0);
    await produce(cluster, ['x'], 1);
    const recorder = new Recorder(new Map([[0, 1]]));
    await join(t, cluster, recorder);
    await recorder.until(() => recorder.values.length === 3);
    assert.deepEqual([recorder.valuesOf(0), recorder.valuesOf(1)], [['b', 'c'], ['x']]);
    await produce(cluster, ['d'], 0);
    await recorder.until(() => recorder.positions.get(0) === 4);
    assert.deepEqual(recorder.valuesOf(0), ['b', 'c', 'd']);
  });

  test('passes control records and aborted transactions to the end of the log, and hands none of them out', async (t) => {
    const { cluster, recorder } = await started(t);
    await transact(cluster, 'swaps', ['a', 'b'], 'commit');
    await recorder.until(() => recorder.positions.get(0) === 3);
    await transact(cluster, 'swaps', ['gone', 'too'], 'abort');
    await recorder.until(() => recorder.positions.get(0) === 6);
    await transact(cluster, 'swaps', ['gone'], 'abort');
    await produce(cluster, ['c']);
    await recorder.until(() => recorder.values.length === 3);
    assert.deepEqual(recorder.valuesOf(), ['a', 'b', 'c']);
    assert.equal(recorder.positions.get(0), 9);
  });

  test('tries an assignment again while what it needs is away, and refuses it for an error that stays', async (t) => {
    const recorder = new Recorder();
    let attempts = 0;
    recorder.onAssigned = ({ partition }) => {
      if (partition === 1) throw new CodedError('LOG_REPLACED', 'another log');
      attempts++;
      if (attempts < 3) throw new CodedError('POSTGRES_UNAVAILABLE', 'away');
    };
    const { cluster } = await started(t, 2, recorder);
    await produce(cluster, ['a'], 0);
    await produce(cluster, ['x'], 1);
    await recorder.until(() => recorder.values.length === 1);
    assert.equal(attempts, 3);
    assert.deepEqual(
      recorder.refusals.map(({ partition, error }) => [partition, (error as CodedError).code]),
      [[1, 'LOG_REPLACED']],
    );
    assert.deepEqual(recorder.valuesOf(1), []);
  });

  test('an error of the processor that stays stops its partition alone, at the record where it arose', async (t) => {
    const recorder = new Recorder();
    recorder.onBatch = ({ partition }, { records }) => {
      if (partition === 0 && records.some(({ value }) => String(value) === 'poison'))
        throw new CodedError('TOO_MANY_TOKENS', 'full');
    };
    const { cluster } = await started(t, 2, recorder);
    await produce(cluster, ['a'], 0);
    await recorder.until(() => recorder.values.length === 1);
    await produce(cluster, ['poison', 'b'], 0);
    await recorder.until(() => recorder.refusals.length === 1);
    await produce(cluster, ['x', 'y'], 1);
    await recorder.until(() => recorder.valuesOf(1).length === 2);
    await produce(cluster, ['c'], 0);
    await produce(cluster, ['z'], 1);
    await recorder.until(() => recorder.valuesOf(1).length === 3);
    assert.deepEqual(recorder.valuesOf(0), ['a']);
    assert.equal(recorder.positions.get(0), 1);
    assert.equal(recorder.refusals.length, 1);
    assert.equal(recorder.crash, undefined);
  });

  test('an error that can pass is tried again with the same records', async (t) => {
    const recorder = new Recorder();
    let attempts = 0;
    recorder.onBatch = () => {
      attempts++;
      if (attempts < 3) throw new CodedError('KAFKA_UNAVAILABLE', 'away');
    };
    const { cluster } = await started(t, 1, recorder);
    await produce(cluster, ['a']);
    await produce(cluster, ['b']);
    await recorder.until(() => recorder.valuesOf().includes('b'));
    assert.deepEqual(recorder.valuesOf(), ['a', 'b']);
    assert.deepEqual(recorder.refusals, []);
  });

  test('restart ends the assignment at once and begins it anew, at the position it then answers with', async (t) => {
    const { cluster, recorder, consumer } = await started(t);
    await produce(cluster, ['a', 'b']);
    await recorder.until(() => recorder.values.length === 2);
    const [first] = recorder.assignments;
    recorder.positions.set(0, 1);
    consumer.restart(first!);
    assert.equal(first!.current, false);
    assert.equal(first!.signal.aborted, true);
    await recorder.until(() => recorder.values.length === 3);
    assert.deepEqual(recorder.valuesOf(), ['a', 'b', 'b']);
    assert.equal(recorder.assignments.length, 2);
    consumer.restart(first!);
    assert.equal(recorder.assignments[1]!.current, true, 'an assignment that ended cannot restart its successor');
  });

  test('an assignment that ended while its batch was under way gets no more, and its position does not move on', async (t) => {
    const recorder = new Recorder();
    const { cluster, consumer } = await started(t, 1, recorder);
    const underWay = new EventTarget();
    const entered = once(underWay, 'entered');
    const released = once(underWay, 'release');
    let handed = 0;
    recorder.onBatch = async (assignment) => {
      if (assignment !== recorder.assignments[0]) return;
      handed++;
      underWay.dispatchEvent(new Event('entered'));
      await released;
    };
    await produce(cluster, ['a']);
    await entered;
    consumer.restart(recorder.assignments[0]!);
    underWay.dispatchEvent(new Event('release'));
    await produce(cluster, ['b']);
    await recorder.until(() => recorder.values.length === 2);
    assert.deepEqual(recorder.valuesOf(), ['a', 'b']);
    assert.equal(handed, 1);
    assert.equal(recorder.assignments[0]!.position, 0);
  });

  test('confirms a membership by a heartbeat that began afterwards, not once the assignment has ended', async (t) => {
    const { recorder, consumer } = await started(t);
    await recorder.until(() => recorder.assignments.length === 1);
    const [assignment] = recorder.assignments;
    await assignment!.confirmed();
    const never = assignment!.confirmed();
    consumer.restart(assignment!);
    await assert.rejects(never);
  });

  test('notices that records behind its position were deleted, instead of going on after them', async (t) => {
    const recorder = new Recorder();
    const { cluster } = await started(t, 1, recorder);
    await produce(cluster, ['a']);
    await recorder.until(() => recorder.values.length === 1);
    let checked = 0;
    recorder.onAssigned = async () => {
      checked++;
      const { low } = (await cluster.direct.offsets('swaps'))[0]!;
      if (low > recorder.positions.get(0)!) throw new CodedError('RETENTION_PASSED', `begins at ${low}`);
    };
    // Held back as by a slow batch, while the log loses what comes next.
    const gate = new EventTarget();
    const opened = once(gate, 'open');
    const entered = once(gate, 'entered');
    recorder.onBatch = async () => {
      gate.dispatchEvent(new Event('entered'));
      await opened;
    };
    await produce(cluster, ['b']);
    await entered;
    await produce(cluster, ['c', 'd']);
    await deleteRecords(cluster, 'swaps', 0, 3);
    gate.dispatchEvent(new Event('open'));
    await recorder.until(() => recorder.refusals.length === 1);
    assert.equal((recorder.refusals[0]!.error as CodedError).code, 'RETENTION_PASSED');
    assert.equal(checked, 1);
    assert.deepEqual(recorder.valuesOf(), ['a', 'b']);
  });

  test('pause finishes what is under way, takes no more, and leaves the membership for last commits', async (t) => {
    const { cluster, recorder, consumer } = await started(t);
    await produce(cluster, ['a']);
    await recorder.until(() => recorder.values.length === 1);
    await consumer.pause();
    await produce(cluster, ['b']);
    await consumer.commitOffset(recorder.assignments[0]!, 1);
    await consumer.close();
    assert.deepEqual(recorder.valuesOf(), ['a']);
    const [committed] = await cluster.admin.fetchOffsets({
      groupId: `${cluster.client.options.topicPrefix}group`,
      topics: [cluster.client.topicName('swaps')],
    });
    assert.equal(committed!.partitions[0]!.offset, '1');
  });

  test('two members share the partitions; whoever loses one knows by its next heartbeat, and nothing is lost or out of order', async (t) => {
    const cluster = await useCluster(t, { partitions: 6 });
    const positions = new Map<number, number>();
    const [one, two] = [new Recorder(positions), new Recorder(positions)];
    /** A former owner may hold on until its next heartbeat tells it; from there on there is one. */
    const overlaps: number[] = [];
    const watch = (recorder: Recorder, other: Recorder) => {
      recorder.onAssigned = async (assignment) => {
        await assignment.confirmed();
        const also = other.assignments.filter(
          ({ partition, current }) => current && partition === assignment.partition,
        );
        if (assignment.current && also.length > 0) overlaps.push(assignment.partition);
      };
    };
    watch(one, two);
    watch(two, one);
    const first = await join(t, cluster, one);
    let sent = 0;
    const send = async (count: number) => {
      for (let partition = 0; partition < 6; partition++) {
        await produce(
          cluster,
          Array.from({ length: count }, (_, index) => String(sent + index)),
          partition,
        );
      }
      sent += count;
    };
    await send(50);
    await one.until(() => one.values.length === 300);
    const second = await join(t, cluster, two);
    await two.until(() => two.assignments.some(({ ready }) => ready));
    await send(50);
    const all = () => [...one.values, ...two.values];
    await until(() => all().length >= 600);
    const shares = [first, second].map(({ assignments }) => assignments.map(({ partition }) => partition));
    assert.deepEqual(
      shares.flat().toSorted((a, b) => a - b),
      [0, 1, 2, 3, 4, 5],
    );
    assert.ok(shares.every((share) => share.length > 0));
    await second.close();
    await send(50);
    await until(() => all().length >= 900);
    assert.equal(first.assignments.length, 6);
    assert.deepEqual(overlaps, []);
    for (let partition = 0; partition < 6; partition++) {
      const values = all().filter((record) => record.partition === partition);
      assert.equal(new Set(values.map(({ offset }) => offset)).size, 150);
      for (const recorder of [one, two]) {
        const offsets = recorder.values.filter((record) => record.partition === partition).map(({ offset }) => offset);
        assert.deepEqual(
          offsets,
          offsets.toSorted((a, b) => a - b),
        );
      }
    }
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}
