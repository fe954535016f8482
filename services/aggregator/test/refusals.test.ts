import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KafkaClient } from '@tidemark/kafka';
import type { SpawnedService } from '@tidemark/testing';
import type { TopicName } from '@tidemark/wire';
import { Installation, until } from './installation.ts';

async function asAdmin<T>(client: KafkaClient, work: (admin: ReturnType<KafkaClient['kafka']['admin']>) => Promise<T>) {
  const admin = client.kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

async function deleteRecords(client: KafkaClient, topic: TopicName, partition: number, before: number): Promise<void> {
  await asAdmin(client, async (admin) => {
    await admin.fetchTopicOffsets(client.topicName(topic));
    await admin.deleteTopicRecords({
      topic: client.topicName(topic),
      partitions: [{ partition, offset: String(before) }],
    });
  });
}

/** Counts some swaps in partition 0, none in partition 1, and stops. */
async function countedOnce(installation: Installation, count: number): Promise<void> {
  const first = await installation.startReady();
  const token = installation.token(0);
  await installation.produce(...Array.from({ length: count }, () => ({ token })));
  await until(async () => (await installation.trades(token)) === count);
  assert.deepEqual(await first.kill(), { code: 0, signal: null });
}

async function replaceTopic(installation: Installation, count: number): Promise<void> {
  const { client, partitionCount } = installation;
  await asAdmin(client, (admin) => admin.deleteTopics({ topics: [client.topicName('swaps')] }));
  // Brokers delete in their own time.
  await until(() =>
    client.ensureTopics({ partitions: partitionCount }).then(
      () => true,
      () => false,
    ),
  );
  const token = installation.token(0, 'other');
  await installation.produce(...Array.from({ length: count }, () => ({ token })));
}

const stands = (partition: number, code: string) => `partition ${partition}, which stands still: ${code}`;

/** Partition 0 stands still, says why, and partition 1 goes on. */
async function assertStands(installation: Installation, running: SpawnedService, code: string): Promise<void> {
  await until(async () => (await running.waitingFor()).includes(stands(0, code)));
  const token = installation.token(1, 'goes-on');
  await installation.produce({ token });
  await until(async () => (await installation.trades(token)) === 1);
  assert.deepEqual(await running.waitingFor(), [stands(0, code)]);
}

describe('what cannot be gone on with is refused', () => {
  test('RULES_CHANGED ends the process with 78 and names the settings; put back, it goes on', async (t) => {
    const installation = await Installation.create(t);
    await countedOnce(installation, 1);
    const changed = installation.start({ LATENESS: '10m' });
    assert.deepEqual(await changed.exited, { code: 78, signal: null });
    const fatal = changed.logs.find((line) => line.includes('"fatal"'));
    assert.match(fatal ?? '', /RULES_CHANGED.*LATENESS, WINDOWS, PRICE_MIN_USD/);
    await installation.startReady();
  });

  test('PARTITION_COUNT_CHANGED ends the process with 78', async (t) => {
    const installation = await Installation.create(t);
    await countedOnce(installation, 1);
    const { client } = installation;
    await asAdmin(client, (admin) =>
      admin.createPartitions({
        topicPartitions: (['swaps', 'swaps.dead', 'stats'] as const).map((name) => ({
          topic: client.topicName(name),
          count: 3,
        })),
      }),
    );
    const changed = installation.start({ PARTITIONS: '3' });
    assert.deepEqual(await changed.exited, { code: 78, signal: null });
    assert.match(changed.logs.join('\n'), /"code":"PARTITION_COUNT_CHANGED"/);
  });

  for (const [title, count, code] of [
    ['the same length', 5, 'LOG_REPLACED'],
    ['a longer one', 9, 'LOG_REPLACED'],
    ['a shorter one', 2, 'LOG_TRUNCATED'],
  ] as const) {
    test(`a log replaced by ${title} stands with ${code}, and the other partition goes on`, async (t) => {
      const installation = await Installation.create(t);
      await countedOnce(installation, 5);
      await replaceTopic(installation, count);
      await assertStands(installation, installation.start(), code);
      assert.equal(await installation.trades(installation.token(0, 'other')), undefined, 'nothing of it is counted');
    });
  }

  test('RETENTION_PASSED: records that were deleted before they were counted are not passed over', async (t) => {
    const installation = await Installation.create(t);
    await countedOnce(installation, 3);
    const token = installation.token(0);
    await installation.produce({ token }, { token });
    await deleteRecords(installation.client, 'swaps', 0, 4);
    await assertStands(installation, installation.start(), 'RETENTION_PASSED');
  });

  test('records that were counted may be deleted: a start goes on', async (t) => {
    const installation = await Installation.create(t);
    await countedOnce(installation, 3);
    await deleteRecords(installation.client, 'swaps', 0, 3);
    await installation.startReady();
    await installation.produce({ token: installation.token(0) });
    await until(async () => (await installation.trades(installation.token(0))) === 4);
  });

  test('a log that is replaced behind a running owner is refused, not read from its start', async (t) => {
    const installation = await Installation.create(t);
    const running = await installation.startReady();
    const token = installation.token(0);
    await installation.produce(...Array.from({ length: 5 }, () => ({ token })));
    await until(async () => (await installation.trades(token)) === 5);
    await replaceTopic(installation, 2);
    await until(async () => (await running.waitingFor()).includes(stands(0, 'LOG_TRUNCATED')));
    assert.equal(await installation.trades(installation.token(0, 'other')), undefined);
  });

  test('TOO_MANY_TOKENS stops the partition loudly; what it had counted stays, the other goes on', async (t) => {
    const installation = await Installation.create(t);
    const running = await installation.startReady({ MAX_TOKENS: '2' });
    const [a, b, c] = ['a', 'b', 'c'].map((name) => installation.token(0, name)) as [string, string, string];
    await installation.produce({ token: a }, { token: b });
    await until(async () => (await installation.trades(b)) === 1);
    await installation.produce({ token: c });
    await assertStands(installation, running, 'TOO_MANY_TOKENS');
    assert.ok(running.logs.some((line) => /"level":"error".*TOO_MANY_TOKENS.*MAX_TOKENS/.test(line)));
    assert.equal(await installation.trades(a), 1);
    assert.equal(await installation.trades(c), undefined);
  });
});
