import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { silentLogger } from '@tidemark/runtime';
import { isolate } from '@tidemark/testing';
import { createRedis, pingRedis, type Redis, requireNoEviction } from '../src/redis.ts';

describe('a Redis server', () => {
  let stack: Awaited<ReturnType<typeof isolate>>;
  let redis: Redis;

  before(async () => {
    stack = await isolate();
    redis = createRedis({ url: stack.redisUrl, log: silentLogger() });
    await pingRedis(redis);
  });
  after(async () => {
    redis?.disconnect();
    await stack?.dispose();
  });

  test('that keeps every key is accepted', async () => {
    await requireNoEviction(redis, silentLogger());
  });

  test('that evicts keys is refused', async () => {
    // The server is shared by all tests, so the answer is doctored rather than the server.
    const evicting = { config: async () => ['maxmemory-policy', 'allkeys-lru'] } as unknown as Redis;
    await assert.rejects(requireNoEviction(evicting, silentLogger()), { code: 'REDIS_EVICTS' });
  });

  test('that does not let clients see its configuration is accepted with a warning', async () => {
    await redis.call('ACL', 'SETUSER', 'limited', 'on', '>pass', '~*', '+@all', '-config');
    const url = new URL(stack.redisUrl);
    url.username = 'limited';
    url.password = 'pass';
    const warnings: string[] = [];
    const log = silentLogger();
    log.warn = (message: string) => warnings.push(message);
    const limited = createRedis({ url: url.href, log });
    await pingRedis(limited);
    await requireNoEviction(limited, log);
    limited.disconnect();
    await redis.call('ACL', 'DELUSER', 'limited');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /noeviction/);
  });
});
