import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { chmod, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connectKafka, createProducer, type KafkaClient } from '@tidemark/kafka';
import { silentLogger } from '@tidemark/runtime';
import { Client } from 'pg';
import {
  identifyProcess,
  isFree,
  isSameProcess,
  ProcessRegistry,
  removePostgresData,
  type Stack,
  startStack,
} from '../src/index.ts';

describe('an embedded stack', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-stack-'));
  const exits: string[] = [];
  let stack: Stack;

  const start = () => startStack({ dir, onExit: (_name, message) => exits.push(message) });

  before(async () => {
    await chmod(dir, 0o711);
    stack = await start();
  });

  after(async () => {
    await stack.stop();
    await removePostgresData(dir);
    await rm(dir, { recursive: true, force: true });
  });

  test('keeps its passwords to its owner', async () => {
    for (const file of ['postgres.password', 'redis.password', 'redis/redis.conf']) {
      assert.equal((await stat(join(dir, file))).mode & 0o777, 0o600, file);
    }
  });

  test('has Postgres with UTF-8, the C collation and synchronous commits', async () => {
    const [row] = await query(
      stack.postgres,
      `SELECT current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync, datcollate AS collation
       FROM pg_database WHERE datname = current_database()`,
    );
    assert.deepEqual(row, { encoding: 'UTF8', fsync: 'on', collation: 'C' });
  });

  test('has servers that nobody stopped on record with their exit', async () => {
    const { pid } = stack.handles.redis!;
    process.kill(pid!, 'SIGKILL');
    while (stack.handles.redis!.pid !== undefined) await new Promise(setImmediate);
    assert.deepEqual(exits, ['redis ended (SIGKILL)']);
    await stack.handles.redis!.start();
  });

  test('keeps the data of Postgres and Kafka through a kill, on the same ports', async () => {
    await query(stack.postgres, 'CREATE TABLE kept (value text)');
    await query(stack.postgres, `INSERT INTO kept VALUES ('a row')`);
    await withKafka(stack, async (kafka) => {
      await kafka.ensureTopics({ partitions: 1 });
      const producer = createProducer(kafka);
      await producer.connect();
      await producer.send({ topic: 'swaps', partition: 0, key: 'key', value: 'a record' });
      await producer.close();
    });
    for (const name of ['postgres', 'kafka', 'redis'] as const) {
      const handle = stack.handles[name]!;
      const { pid } = handle;
      await handle.kill();
      assert.equal(handle.pid, undefined);
      await handle.start();
      assert.notEqual(handle.pid, pid);
    }
    await assertKept(stack);
  });

  test('is brought back by the next start after its owner was killed, orphans ended, data kept', async () => {
    await stack.stop();
    const owner = await startInAnotherProcess(dir);
    const orphans = new ProcessRegistry(dir).alive();
    assert.deepEqual(orphans.map(({ name }) => name).toSorted(), ['kafka', 'postgres', 'redis']);
    owner.kill('SIGKILL');

    stack = await start();
    assert.deepEqual(orphans.filter(isSameProcess), []);
    await assertKept(stack);
  });

  test('leaves no process and no open port after a stop', async () => {
    const pids = stack.servers.map(({ pid }) => pid!);
    const ports = [stack.kafka[0]!, stack.postgres, stack.redis].map((address) =>
      Number(/:(\d+)(?:\/|$)/.exec(address)![1]),
    );
    await stack.stop();
    assert.deepEqual(pids.map(identifyProcess), [undefined, undefined, undefined]);
    assert.deepEqual(await Promise.all(ports.map(isFree)), [true, true, true]);
    assert.equal(existsSync(join(dir, 'run', 'kafka.json')), false);
  });
});

async function assertKept(stack: Stack): Promise<void> {
  assert.deepEqual(await query(stack.postgres, 'SELECT value FROM kept'), [{ value: 'a row' }]);
  await withKafka(stack, async (kafka) => {
    assert.deepEqual(await kafka.offsets('swaps'), [{ partition: 0, low: 0, high: 1 }]);
  });
}

async function withKafka(stack: Stack, work: (kafka: KafkaClient) => Promise<void>): Promise<void> {
  const kafka = connectKafka({ brokers: stack.kafka, clientId: 'test', topicPrefix: '', log: silentLogger() });
  try {
    await work(kafka);
  } finally {
    await kafka.close();
  }
}

async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows.map((row) => ({ ...row }));
  } finally {
    await client.end();
  }
}

/** A stack whose owner can be killed. Resolves once all servers answer. */
async function startInAnotherProcess(dir: string) {
  const script = `import { startStack } from ${JSON.stringify(join(import.meta.dirname, '..', 'src', 'index.ts'))};
    await startStack({ dir: ${JSON.stringify(dir)} });
    process.stdout.write('started');
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    owner.stdout.once('data', () => resolve());
    owner.once('exit', (code) => reject(new Error(`the owner ended with ${code}`)));
  });
  return owner;
}
