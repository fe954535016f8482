import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRunningStack, withRunningStack } from './running-stack.ts';

const stack = {
  api: 'http://127.0.0.1:8080',
  gateway: 'ws://127.0.0.1:8081/v1/stream',
  kafka: ['127.0.0.1:19092'],
  postgres: 'postgres://u:p@127.0.0.1:15432/postgres',
  redis: 'redis://:p@127.0.0.1:16379/0',
  services: [{ name: 'api', pid: 7, admin: 'http://127.0.0.1:40123' }],
};

test('commands find the stack that runs in TIDEMARK_DIR', async (context) => {
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-test-'));
  context.after(() => rm(dir, { recursive: true }));
  assert.equal(readRunningStack({ TIDEMARK_DIR: dir }), undefined);
  await writeFile(join(dir, 'stack.json'), JSON.stringify(stack));
  assert.deepEqual(readRunningStack({ TIDEMARK_DIR: dir }), stack);
  await writeFile(join(dir, 'stack.json'), '{"api":');
  assert.equal(readRunningStack({ TIDEMARK_DIR: dir }), undefined);
});

test('what the environment names wins over the running stack; an empty variable names nothing', () => {
  const env = withRunningStack({ KAFKA_BROKERS: 'a:1', REDIS_URL: '', PATH: '/bin' }, stack);
  assert.deepEqual(env, { KAFKA_BROKERS: 'a:1', DATABASE_URL: stack.postgres, REDIS_URL: stack.redis, PATH: '/bin' });
  assert.deepEqual(withRunningStack({ PATH: '/bin' }, undefined), { PATH: '/bin' });
});
