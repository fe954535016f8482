import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf, type Swap } from '@tidemark/domain';
import { type BatchProducer, connectKafka, createProducer, type KafkaClient } from '@tidemark/kafka';
import { silentLogger } from '@tidemark/runtime';
import { type IsolatedStack, isolate } from '@tidemark/testing';
import { runCommand, startCommand } from './run-command.ts';

const partitions = 12;

function makeSwap(number: number): Swap {
  return {
    id: `swap-${number}`,
    token: `token-${number % 37}`,
    trader: 'somebody',
    side: 'buy',
    amount: '1',
    usd: '2',
    timestamp: 1_700_000_000_000 + number,
  };
}

const swapsOf = (lines: string) =>
  lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Swap);

describe('record', () => {
  let stack: IsolatedStack;
  let client: KafkaClient;
  let producer: BatchProducer;
  before(async () => {
    stack = await isolate();
    client = connectKafka({
      brokers: stack.kafkaBrokers,
      clientId: 'test',
      topicPrefix: stack.topicPrefix,
      log: silentLogger(),
    });
    await client.ensureTopics({ partitions });
    producer = createProducer(client);
    await producer.connect();
    // In steps that are acknowledged one after the other, so that the append times tell the steps apart.
    for (let start = 0; start < 2_000; start += 100) {
      await send(Array.from({ length: 100 }, (_, at) => JSON.stringify(makeSwap(start + at))));
      await sleep(3);
    }
    await send(['rubbish', 'null']);
  });
  after(async () => {
    await producer.close();
    await client.close();
    await stack.dispose();
  });

  function send(values: string[]): Promise<void> {
    return producer.sendAll(
      values.map((value) => {
        const key = value.startsWith('{') ? (JSON.parse(value) as Swap).token : 'other';
        return { topic: 'swaps', partition: partitionOf(key, partitions), key, value };
      }),
    );
  }

  test('what a topic holds goes to a file, across partitions in the order of its appending', async (context) => {
    const dir = await mkdtemp(join(tmpdir(), 'tidemark-test-'));
    context.after(() => rm(dir, { recursive: true }));
    const file = join(dir, 'swaps.jsonl');
    const { code, stderr } = await runCommand(['record', '--out', file, '--until-end'], stack.env);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /2000 lines written; 2 records skipped/);
    const swaps = swapsOf(await readFile(file, 'utf8'));
    assert.equal(new Set(swaps.map(({ id }) => id)).size, 2_000);
    for (const swap of swaps) assert.deepEqual(swap, makeSwap(Number(swap.id.slice('swap-'.length))));
    const steps = swaps.map(({ timestamp }) => Math.floor((timestamp - 1_700_000_000_000) / 100));
    assert.deepEqual(
      steps,
      steps.toSorted((a, b) => a - b),
    );
  });

  test('a limit ends the recording after its first lines', async () => {
    const { code, stdout } = await runCommand(['record', '--limit', '150'], stack.env);
    assert.equal(code, 0);
    const swaps = swapsOf(stdout);
    assert.equal(swaps.length, 150);
    assert.ok(
      swaps.every(({ timestamp }) => timestamp < 1_700_000_000_200),
      'the first two steps',
    );
  });

  test('raw lines show what is not decodable', async () => {
    const { stdout } = await runCommand(['record', '--raw', '--until-end'], stack.env);
    const values = stdout.split('\n').filter((line) => line.includes('"value":"rubbish"'));
    assert.equal(values.length, 1);
    const { partition, key } = JSON.parse(values[0]!) as { partition: number; key: string };
    assert.deepEqual({ partition, key }, { partition: partitionOf('other', partitions), key: 'other' });
  });

  test('from latest it waits for what comes, and Ctrl-C ends it with all of that written', async () => {
    const command = startCommand(['record', '--from', 'latest'], stack.env);
    let number = 10_000;
    // What is sent before it listens is not part of the recording.
    while (command.stdout() === '') {
      await send([JSON.stringify(makeSwap(number++))]);
      await sleep(50);
    }
    const last = makeSwap(number);
    await send([JSON.stringify(last)]);
    while (!command.stdout().includes(`"${last.id}"`)) await sleep(50);
    command.kill('SIGINT');
    const { code, stdout, stderr } = await command.result;
    assert.equal(code, 0);
    const numbers = swapsOf(stdout).map(({ id }) => Number(id.slice('swap-'.length)));
    assert.deepEqual(
      numbers,
      Array.from({ length: numbers.length }, (_, at) => number - numbers.length + 1 + at),
      'without gaps to the last',
    );
    assert.match(stderr, new RegExp(`${numbers.length} lines written`));
  });
});
