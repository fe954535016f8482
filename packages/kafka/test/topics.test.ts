import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CodedError } from '@tidemark/runtime';
import kafkajs from 'kafkajs';
import { connectKafka } from '../src/index.ts';
import { useCluster } from './cluster.ts';

describe('topics', () => {
  test('are created once with their settings, and found again', async (t) => {
    const { client, admin } = await useCluster(t);
    const first = await client.ensureTopics({ partitions: 3 });
    assert.deepEqual(
      first.map(({ topic, partitions, created }) => [topic, partitions, created]),
      ['swaps', 'swaps.dead', 'stats'].map((name) => [`${client.options.topicPrefix}${name}`, 3, true]),
    );
    const second = await client.ensureTopics({ partitions: 3 });
    assert.deepEqual(
      second.map(({ created }) => created),
      [false, false, false],
    );
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: client.topicName('swaps') }],
    });
    const settings = new Map(
      resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
    assert.equal(settings.get('message.timestamp.type'), 'LogAppendTime');
    assert.equal(settings.get('max.message.bytes'), '4194304');
    assert.equal(await client.retentionMs('swaps'), 259_200_000);
    assert.equal(await client.partitionCount('stats'), 3);
  });

  test('may be created by several processes at once', async (t) => {
    const { client } = await useCluster(t);
    const same = [1, 2, 3, 4].map(() => connectKafka(client.options));
    t.after(() => Promise.all(same.map((one) => one.close())));
    const reports = await Promise.all(same.map((one) => one.ensureTopics({ partitions: 2 })));
    for (const report of reports)
      assert.deepEqual(
        report.map(({ partitions }) => partitions),
        [2, 2, 2],
      );
    assert.equal(await client.partitionCount('swaps'), 2);
  });

  test('that are not as they must be are refused, every difference by its name', async (t) => {
    const { client, admin } = await useCluster(t);
    const dead = client.topicName('swaps.dead');
    await admin.createTopics({
      waitForLeaders: false,
      topics: [
        { topic: client.topicName('swaps'), numPartitions: 2 },
        {
          topic: client.topicName('stats'),
          numPartitions: 3,
          configEntries: [{ name: 'cleanup.policy', value: 'compact,delete' }],
        },
      ],
    });
    await assert.rejects(client.ensureTopics({ partitions: 3 }), (error: CodedError) => {
      assert.ok(error instanceof CodedError);
      assert.equal(error.code, 'TOPIC_MISMATCH');
      assert.deepEqual(error.message.split('\n').slice(1), [
        `  - ${client.topicName('swaps')} has 2 partitions, not 3 (PARTITIONS)`,
        `  - ${client.topicName('swaps')} has message.timestamp.type=CreateTime, not LogAppendTime`,
        `  - ${client.topicName('stats')} has cleanup.policy=compact,delete, not compact`,
      ]);
      return true;
    });
    assert.ok((await admin.listTopics()).includes(dead), 'what was missing is there all the same');
  });

  test('that are missing are TOPIC_MISSING to those who look', async (t) => {
    const { client } = await useCluster(t);
    await assert.rejects(client.partitionCount('swaps'), { code: 'TOPIC_MISSING' });
    await assert.rejects(client.offsets('swaps'), { code: 'TOPIC_MISSING' });
  });

  test('without a broker are KAFKA_UNAVAILABLE', async (t) => {
    const { client } = await useCluster(t, { brokers: ['127.0.0.1:1'] });
    await assert.rejects(client.ensureTopics({ partitions: 1 }), { code: 'KAFKA_UNAVAILABLE' });
  });
});
