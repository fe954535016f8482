import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCoded } from '@tidemark/runtime';
import { useCluster } from './cluster.ts';

test('a topic keeps its id, and another one of its name has another', async (t) => {
  const { client, admin } = await useCluster(t, { partitions: 2 });
  const id = await client.topicId('swaps');
  assert.match(id!, /^[0-9a-f]{32}$/);
  assert.equal(await client.topicId('swaps'), id);
  assert.notEqual(await client.topicId('stats'), id);

  await admin.deleteTopics({ topics: [client.topicName('swaps')] });
  await sleep(500);
  await client.ensureTopics({ partitions: 2 });
  const later = await client.topicId('swaps');
  assert.match(later!, /^[0-9a-f]{32}$/);
  assert.notEqual(later, id);
});

test('a topic that is not there is TOPIC_MISSING, and is not made by asking', async (t) => {
  const { client, admin } = await useCluster(t);
  await assert.rejects(client.topicId('swaps'), (error) => isCoded(error, 'TOPIC_MISSING'));
  assert.ok(!(await admin.listTopics()).includes(client.topicName('swaps')));
});
