import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startTcpProxy } from '@tidemark/testing';
import { Installation, until } from './installation.ts';

const tokenCount = 40;

/** Some tokens of both partitions, counted and in Redis. */
async function populate(installation: Installation, suffix = ''): Promise<string[]> {
  const tokens = Array.from({ length: tokenCount }, (_, index) => `token${index}${suffix}`);
  await installation.produce(...tokens.map((token) => ({ token })));
  await hasAll(installation, tokens, 1);
  return tokens;
}

async function hasAll({ stats }: Installation, tokens: string[], trades: number): Promise<void> {
  await until(async () => {
    const records = await stats.read(tokens);
    return records.every((record) => record?.windows['24h']?.trades === trades);
  });
}

describe('Redis', () => {
  test('that is flushed gets every value again, and no heartbeat vouches for values that are missing', async (t) => {
    const installation = await Installation.create(t);
    await installation.startReady();
    const tokens = await populate(installation);
    await until(async () => (await installation.stats.heartbeats(2)).every((beat) => beat !== null));
    await installation.redis.flushdb();
    await until(async () => {
      const { heartbeats, values } = await installation.stats.readWithHeartbeats(tokens, [0, 1]);
      if (heartbeats.every((beat) => beat === null)) return false;
      // Heartbeats are read before the values, so a partition that has one must have all its values.
      const back = new Set(heartbeats.flatMap((beat) => (beat ? [beat.partition] : [])));
      for (const [index, token] of tokens.entries()) {
        if (back.has(installation.partitionOf(token)))
          assert.ok(values[index], `${token} is missing behind a heartbeat`);
      }
      return back.size === 2;
    });
    await hasAll(installation, tokens, 1);
  });

  test('that is away holds nothing up: counting, stats and checkpoints go on; back again, it gets everything', async (t) => {
    const installation = await Installation.create(t);
    const url = new URL(installation.stack.redisUrl);
    const proxy = await startTcpProxy({ target: url.host });
    t.after(() => proxy.close());
    url.host = proxy.address;
    const running = await installation.startReady({ REDIS_URL: url.href });
    const tokens = await populate(installation);
    await until(async () => (await installation.stats.heartbeats(2)).every((beat) => beat !== null));

    await proxy.cut();
    const away = await installation.stats.heartbeats(2);
    await installation.produce(...tokens.map((token) => ({ token })));
    const ends = await installation.client.offsets('swaps');
    // Several heartbeats of each partition, of the log's end: all that was due before them is out.
    await until(async () => {
      const beats = (await Promise.all([0, 1].map((partition) => installation.readStats(partition)))).map((events) =>
        events.filter(({ kind }) => kind === 'heartbeat'),
      );
      return beats.every((ofPartition, partition) => {
        const atEnd = ofPartition.filter(
          (event) => event.kind === 'heartbeat' && event.heartbeat.version[1] === ends[partition]!.high,
        );
        return atEnd.length >= 5;
      });
    });
    assert.deepEqual(await installation.stats.heartbeats(2), away, 'heartbeats in Redis stand');
    assert.deepEqual(await running.waitingFor(), [], 'it stays ready');

    await proxy.restore();
    await hasAll(installation, tokens, 2);
    await until(async () => {
      const beats = await installation.stats.heartbeats(2);
      return beats.every((beat, partition) => beat!.version[1] === ends[partition]!.high);
    });
  });
});
