import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Logger, silentLogger } from '@tidemark/runtime';
import { isolate } from '@tidemark/testing';
import { compareVersions, type Version } from '@tidemark/wire';
import { createRedis, pingRedis, type Redis } from '../src/redis.ts';
import { createRedisStatsStore } from '../src/redis-stats-store.ts';
import type { StatsEntry, StatsStore } from '../src/stats-store.ts';

const log: Logger = silentLogger();

function entry(key: string, version: Version, label = ''): StatsEntry {
  return { key, version, json: JSON.stringify({ token: key, version, label }) };
}

describe('the statistics in Redis', () => {
  let stack: Awaited<ReturnType<typeof isolate>>;
  let redis: Redis;
  let store: StatsStore;

  before(async () => {
    stack = await isolate();
    redis = createRedis({ url: stack.redisUrl, log });
    await pingRedis(redis);
    store = createRedisStatsStore({ redis, prefix: 'test:' });
  });
  after(async () => {
    redis?.disconnect();
    await stack?.dispose();
  });

  const held = async (token: string) => (await store.read([token]))[0];

  test('a value is read back with its version, an unknown token as null, in the order asked', async () => {
    await store.write([entry('1:0xa', [1, 5, 1, 100]), entry('1:0xb', [1, 6, 1, 100])]);
    const records = await store.read(['1:0xb', 'unknown', '1:0xa']);
    assert.deepEqual(
      records.map((record) => record?.token ?? null),
      ['1:0xb', null, '1:0xa'],
    );
    assert.deepEqual(records[0]?.version, [1, 6, 1, 100]);
  });

  test('an older version never overwrites, whichever part is older', async () => {
    await store.write([entry('t', [2, 10, 3, 500], 'newest')]);
    await store.write([
      entry('t', [1, 99, 9, 900]),
      entry('t', [2, 9, 9, 900]),
      entry('t', [2, 10, 2, 900]),
      entry('t', [2, 10, 3, 499]),
    ]);
    assert.deepEqual(await held('t'), { token: 't', version: [2, 10, 3, 500], label: 'newest' });
  });

  test('an equal version is written again, which renews a heartbeat', async () => {
    await store.write([entry('equal', [1, 1, 1, 1], 'first')]);
    await store.write([entry('equal', [1, 1, 1, 1], 'second')]);
    assert.equal(((await held('equal')) as unknown as { label: string }).label, 'second');
  });

  test('of concurrent writers the greatest version remains', async () => {
    const versions: Version[] = Array.from({ length: 400 }, (_, n) => [1, (n * 7919) % 400, 1, 1_000 + n]);
    const writers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const client = createRedis({ url: stack.redisUrl, log });
        await pingRedis(client);
        return client;
      }),
    );
    await Promise.all(
      writers.map(async (client, writer) => {
        const own = createRedisStatsStore({ redis: client, prefix: 'test:' });
        for (let n = writer; n < versions.length; n += writers.length) await own.write([entry('race', versions[n]!)]);
      }),
    );
    for (const client of writers) client.disconnect();
    assert.deepEqual((await held('race'))?.version, versions.toSorted(compareVersions).at(-1));
  });

  test('a tombstone takes the value away and an older writer cannot bring it back', async () => {
    await store.write([entry('gone', [1, 5, 1, 100])]);
    await store.write([{ key: 'gone', version: [1, 5, 1, 200], json: null }]);
    assert.equal(await held('gone'), null);
    await store.write([entry('gone', [1, 5, 1, 150])]);
    assert.equal(await held('gone'), null);
    await store.write([entry('gone', [1, 6, 1, 200])]);
    assert.deepEqual((await held('gone'))?.version, [1, 6, 1, 200]);
  });

  test('an older tombstone does not take a value away', async () => {
    await store.write([entry('kept', [1, 5, 2, 100])]);
    await store.write([{ key: 'kept', version: [1, 5, 1, 200], json: null }]);
    assert.deepEqual((await held('kept'))?.version, [1, 5, 2, 100]);
  });

  test('the marker of a tombstone expires, a value does not', async () => {
    await store.write([entry('lasting', [1, 1, 1, 1]), { key: 'marker', version: [1, 1, 1, 1], json: null }]);
    assert.equal(await redis.ttl('test:stats:{lasting}'), -1);
    assert.ok((await redis.ttl('test:stats:{marker}')) > 0);
  });

  test('a server that lost its scripts is given them again, and no entry is missing', async () => {
    await redis.script('FLUSH');
    const entries = Array.from({ length: 1_200 }, (_, n) => entry(`many-${n}`, [1, n, 1, 1]));
    await store.write(entries);
    const records = await store.read(entries.map(({ key }) => key));
    assert.deepEqual(
      records.map((record) => record?.version[1]),
      entries.map(({ version }) => version[1]),
    );
  });

  test('heartbeats are read by partition and beside values', async () => {
    const heartbeat = { partition: 3, version: [1, 7, 1, 900], reportedAt: 1_000, windows: ['5m'], status: {} };
    await store.write([
      entry('beside', [1, 7, 1, 800]),
      { key: '#3', version: [1, 7, 1, 900], json: JSON.stringify(heartbeat) },
    ]);
    assert.deepEqual(await store.readHeartbeat(3), heartbeat);
    assert.equal(await store.readHeartbeat(4), null);
    assert.deepEqual(await store.heartbeats(5), [null, null, null, heartbeat, null]);
    const reading = await store.readWithHeartbeats(['beside', 'absent'], [4, 3]);
    assert.deepEqual(reading.heartbeats, [null, heartbeat]);
    assert.deepEqual(reading.values, [{ version: [1, 7, 1, 800], json: entry('beside', [1, 7, 1, 800]).json }, null]);
  });

  test('a client whose server is gone fails at once, with a code', async () => {
    const client = createRedis({ url: 'redis://127.0.0.1:1', log });
    const away = createRedisStatsStore({ redis: client, prefix: 'test:' });
    await assert.rejects(pingRedis(client), { code: 'REDIS_UNAVAILABLE' });
    await assert.rejects(away.read(['a']), { code: 'REDIS_UNAVAILABLE' });
    await assert.rejects(away.write([entry('a', [1, 1, 1, 1])]), { code: 'REDIS_UNAVAILABLE' });
    client.disconnect();
  });
});
