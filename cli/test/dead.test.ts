import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { partitionOf } from '@tidemark/domain';
import {
  type BatchProducer,
  type ConsumedRecord,
  connectKafka,
  createProducer,
  createTransactionalProducer,
  type KafkaClient,
  tailTopic,
} from '@tidemark/kafka';
import { isCoded, silentLogger } from '@tidemark/runtime';
import { type IsolatedStack, isolate } from '@tidemark/testing';
import { deadLetter } from '@tidemark/wire';
import { runCommand } from './run-command.ts';

const partitions = 4;

function makeSwap(id: string, more: object = {}): string {
  const swap = { id, token: `token-${id}`, trader: 'w', side: 'buy', amount: '1', usd: '2', timestamp: Date.now() };
  return JSON.stringify({ ...swap, ...more });
}

describe('dead letters', () => {
  let stack: IsolatedStack;
  let client: KafkaClient;
  let producer: BatchProducer;
  let folder: string;
  before(async () => {
    stack = await isolate();
    const { kafkaBrokers: brokers, topicPrefix } = stack;
    client = connectKafka({ brokers, clientId: 'test', topicPrefix, log: silentLogger() });
    await client.ensureTopics({ partitions });
    producer = createProducer(client);
    await producer.connect();
    folder = await mkdtemp(join(tmpdir(), 'tidemark-dead-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await producer.close();
    await client.close();
    await stack.dispose();
  });
  const run = (...args: string[]) => runCommand(['dead', ...args], { ...stack.env, PARTITIONS: String(partitions) });

  async function reject(partition: number, offset: number, value: string, code: string): Promise<void> {
    const topic = client.topicName('swaps');
    const letter = deadLetter({
      topic,
      partition,
      offset,
      key: null,
      value: Buffer.from(value),
      code,
      reason: 'wrong',
    });
    await producer.send({ topic: 'swaps.dead', partition, ...letter });
  }

  /** The ids of the swaps that readers see, sorted. */
  async function swaps(): Promise<{ ids: string[]; records: ConsumedRecord[] }> {
    const records: ConsumedRecord[] = [];
    const tail = await tailTopic(client, {
      topic: 'swaps',
      groupId: `${stack.topicPrefix}reader`,
      onRecords: (_, some) => void records.push(...some),
      onError: (error) => {
        throw error;
      },
    });
    await tail.caughtUp;
    await tail.close();
    const ids = records.map(({ value }) => (JSON.parse(Buffer.from(value!).toString()) as { id: string }).id);
    return { ids: ids.toSorted(), records };
  }

  test('are listed once each, newest first, with the number of each code; shown whole; and their bytes come back as they were', async () => {
    assert.match((await run('list')).stderr, /no dead letters/);
    const value = '{"id": "ü"';
    for (let time = 0; time < 3; time++) await reject(3, 41, value, 'NOT_JSON');
    await reject(2, 7, '{}', 'SCHEMA');
    const { stdout } = await run('list');
    assert.match(stdout, /NOT_JSON +1\n/);
    assert.match(stdout, /SCHEMA +1\n/);
    assert.match(stdout, /2@7 [^]*3@41 /);
    const filtered = JSON.parse((await run('list', '--code', 'SCHEMA', '--since', '1h', '--json')).stdout) as {
      letters: { offset: number }[];
    };
    assert.deepEqual(
      filtered.letters.map(({ offset }) => offset),
      [7],
    );
    assert.equal((await run('show', '3@41', '--raw')).stdout, value);
    assert.match((await run('show', '3@41')).stdout, /today +NOT_JSON/);
    const unknown = await run('show', '3@40');
    assert.equal(unknown.code, 78);
    assert.match(unknown.stderr, /^DEAD_LETTER_UNKNOWN: [^]*dead list/);
  });

  test('are replayed once, however often that is asked for, under the key and in the partition of their token', async () => {
    await reject(0, 1, makeSwap('wrong-place'), 'PARTITION_MISMATCH');
    const dry = await run('replay', '0@1', '--dry-run');
    assert.match(dry.stdout, /swaps\/0@1 would be sent to partition \d\n/);
    assert.deepEqual((await swaps()).ids, []);
    const first = await run('replay', '0@1', '0@1');
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^\S+swaps\/0@1 was sent to \S+swaps\/\d@0\n$/);
    assert.match((await run('replay', '0@1')).stderr, /swaps\/0@1 was replayed before/);
    const { ids, records } = await swaps();
    assert.deepEqual(ids, ['wrong-place']);
    assert.equal(records[0]!.partition, partitionOf('token-wrong-place', partitions));
    assert.equal(Buffer.from(records[0]!.key!).toString(), 'token-wrong-place');
    assert.match(Buffer.from(records[0]!.headers['tidemark-replay-of']!).toString(), /swaps\/0@1$/);
  });

  test('that were replayed stay so when their record is rejected again', async () => {
    const value = makeSwap('again');
    await reject(1, 1, value, 'FUTURE');
    assert.equal((await run('replay', '--code', 'FUTURE')).code, 0);
    await reject(1, 1, value, 'LATE');
    for (const args of [['1@1'], ['--code', 'LATE'], ['--code', 'FUTURE']]) {
      const { code, stderr, stdout } = await run('replay', ...args);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /nothing is left to replay\n/);
      if (args.length === 1) assert.match(stderr, /swaps\/1@1 was replayed before, to \S+swaps\/\d@\d/);
    }
    assert.equal((await swaps()).ids.filter((id) => id === 'again').length, 1);
    assert.match((await run('list', '--code', 'FUTURE')).stdout, /1@1 .* \S+swaps\/\d@\d+ +FUTURE/);
  });

  test('that would be rejected again are refused by name, and the others are sent', async () => {
    await reject(1, 2, '{', 'NOT_JSON');
    await reject(1, 3, makeSwap('good'), 'NOT_JSON');
    await reject(1, 4, `{${' '.repeat(70_000)}`, 'RECORD_TOO_LARGE');
    const { code, stdout, stderr } = await run('replay', '1@2', '1@3');
    assert.equal(code, 78);
    assert.match(stdout, /swaps\/1@3 was sent/);
    assert.match(
      stderr,
      /DEAD_LETTER_INVALID: \S+\/1@2: NOT_JSON[^]*DEAD_LETTER_INVALID: 1 could not be sent\n.*--with/,
    );
    const truncated = await run('replay', '1@4');
    assert.equal(truncated.code, 78);
    assert.match(truncated.stderr, /^DEAD_LETTER_TRUNCATED: \S+\/1@4: the first 65536 bytes are left of 70001/);
  });

  test('are replayed corrected, from a file', async () => {
    await reject(2, 9, makeSwap('corrected', { usd: 5 }), 'SCHEMA');
    const file = join(folder, 'record.json');
    await writeFile(file, makeSwap('corrected'));
    assert.equal((await run('replay', '2@9', '--with', file)).code, 0);
    assert.ok((await swaps()).ids.includes('corrected'));
    assert.equal((await run('replay', '--code', 'SCHEMA', '--with', file)).code, 78);
    assert.equal((await run('replay')).code, 78);
  });

  test('that a killed replay had sent without the end of its transaction are sent once, and that one can send no more', async () => {
    const value = makeSwap('killed');
    await reject(3, 50, value, 'FUTURE');
    const id = `tidemark-dead-replay-${client.topicName('swaps.dead')}`;
    const killed = createTransactionalProducer(client, id);
    await killed.connect();
    const { promise: resumed, resolve: resume } = Promise.withResolvers<void>();
    const { promise: sent, resolve: hasSent } = Promise.withResolvers<void>();
    const record = { topic: 'swaps', partition: 0, key: 'k', value } as const;
    const outcome = killed
      .transact(async (send) => {
        await send([record]);
        hasSent();
        await resumed;
      })
      .catch((error: unknown) => error);
    await sent;
    assert.equal((await run('replay', '3@50')).code, 0);
    resume();
    assert.ok(isCoded(await outcome, 'PRODUCER_FENCED'), String(await outcome));
    await killed.close();
    assert.equal((await swaps()).ids.filter((one) => one === 'killed').length, 1);
  });
});
