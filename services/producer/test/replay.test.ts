import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf, type Swap } from '@tidemark/domain';
import { createProducer, type KafkaClient } from '@tidemark/kafka';
import { exitCodes } from '@tidemark/runtime';
import { type IsolatedStack, isolate, startService } from '@tidemark/testing';
import { temporaryDir } from './temporary-dir.ts';
import { connect, countSwaps, readSwaps } from './topic.ts';

const firstMs = Date.UTC(2024, 0, 5);

/** Swaps of 50 tokens, one every `stepMs`. */
function makeSwaps(count: number, stepMs: number): Swap[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `swap-${at}`,
    token: `1:0x${(at % 50).toString(16).padStart(40, '0')}`,
    trader: '0x00000000000000000000000000000000000000aa',
    side: 'buy',
    amount: '1.5',
    usd: '3',
    timestamp: firstMs + at * stepMs,
  }));
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (await isTrue()) return;
    await sleep(50);
  }
  throw new Error(`waited in vain until ${what}`);
}

async function position(stateDir: string): Promise<{ line: number; ended: boolean; run: string }> {
  const [name] = (await readdir(stateDir).catch(() => [])).filter((file) => file.endsWith('.json'));
  if (name === undefined) return { line: 0, ended: false, run: '' };
  return JSON.parse(await readFile(join(stateDir, name), 'utf8')) as { line: number; ended: boolean; run: string };
}

const isPlayed = (stateDir: string) => async () => (await position(stateDir)).ended;

async function sendFutureSwap(client: KafkaClient): Promise<void> {
  await client.ensureTopics({ partitions: 12 });
  const producer = createProducer(client);
  await producer.connect();
  const swap = { ...makeSwaps(1, 0)[0]!, timestamp: Date.now() + 86_400_000 };
  await producer.send({ topic: 'swaps', partition: 0, key: swap.token, value: JSON.stringify(swap) });
  await producer.close();
}

describe('replay', () => {
  let stack: IsolatedStack;
  before(async () => {
    stack = await isolate();
  });
  after(() => stack.dispose());

  /** Settings, files and a client for one test with topics of its own. */
  async function setUp(context: Parameters<typeof temporaryDir>[0], swaps: (Swap | string)[], name: string) {
    const dir = await temporaryDir(context);
    const file = join(dir, 'recording.jsonl');
    await writeFile(file, swaps.map((swap) => `${typeof swap === 'string' ? swap : JSON.stringify(swap)}\n`).join(''));
    const topicPrefix = `${stack.topicPrefix}${name}.`;
    const client = connect({ ...stack, topicPrefix });
    context.after(() => client.close());
    const env = {
      ...stack.env,
      TOPIC_PREFIX: topicPrefix,
      SOURCE: 'replay',
      REPLAY_FILE: file,
      STATE_DIR: join(dir, 'state'),
    };
    return { env, client, stateDir: join(dir, 'state') };
  }

  test('kept times: every swap arrives as recorded, keyed and placed by its token, and malformed lines are counted', async (context) => {
    const swaps = makeSwaps(5_000, 1_000);
    const lines = [...swaps.slice(0, 100), 'rubbish', '{"id":""}', ...swaps.slice(100)];
    const { env, client, stateDir } = await setUp(context, lines, 'keep');
    const service = await startService('producer', { ...env, RETIME: 'keep', SPEED: 'max' }, { test: context });
    await until('the recording is played', isPlayed(stateDir));

    const records = await readSwaps(client);
    const byId = new Map(records.map(({ swap }) => [swap.id, swap]));
    assert.equal(records.length, swaps.length);
    for (const swap of swaps) assert.deepEqual(byId.get(swap.id), swap);
    for (const { key, partition, swap, headers } of records) {
      assert.equal(Buffer.from(key!).toString(), swap.token);
      assert.equal(partition, partitionOf(swap.token, 12));
      assert.equal(Buffer.from(headers['content-type']!).toString(), 'application/json');
    }
    for (const partition of Array(12).keys()) {
      const stamps = records.filter((record) => record.partition === partition).map(({ swap }) => swap.timestamp);
      assert.deepEqual(
        stamps,
        stamps.toSorted((a, b) => a - b),
        'the order of the recording is kept',
      );
    }
    const metrics = await (await fetch(`${service.admin}/metrics`)).text();
    assert.match(metrics, /replay_rejected_total\{[^}]*code="NOT_JSON"[^}]*\} 1/);
    assert.match(metrics, /replay_rejected_total\{[^}]*code="SCHEMA"[^}]*\} 1/);
    assert.match(metrics, /replay_ended\{[^}]*\} 1/);
    assert.ok(service.logs.some((line) => line.includes('"line":101') && line.includes('NOT_JSON')));
    assert.deepEqual(await service.kill('SIGTERM'), { code: 0, signal: null });
  });

  test('killed again and again, a replay loses nothing, and sends what it repeats under the same ids and stamps', async (context) => {
    const swaps = makeSwaps(150_000, 100);
    const { env, client, stateDir } = await setUp(context, swaps, 'kill');
    const settings = { ...env, RETIME: 'now', SPEED: 'max' };
    const runs = new Set<string>();
    let killedMidway = 0;
    for (const share of [0.2, 0.4, 0.6]) {
      const service = await startService('producer', settings, { test: context });
      await until('it is on its way', async () => (await position(stateDir)).line > share * swaps.length);
      await service.kill('SIGKILL');
      const { line, run } = await position(stateDir);
      runs.add(run);
      if (line < swaps.length) killedMidway++;
    }
    assert.equal(killedMidway, 3, 'each kill hit midway');
    await startService('producer', settings, { test: context });
    await until('the recording is played', isPlayed(stateDir));

    runs.add((await position(stateDir)).run);
    const [run] = [...runs];
    assert.equal(runs.size, 1, 'one run id');
    const contents = new Map<string, Set<string>>();
    for (const { swap, value } of await readSwaps(client)) {
      const seen = contents.get(swap.id) ?? new Set();
      contents.set(swap.id, seen.add(Buffer.from(value!).toString()));
    }
    assert.equal(contents.size, swaps.length);
    for (const swap of swaps) assert.equal(contents.get(`${swap.id}@${run}`)?.size, 1, 'repeats are the same record');
    // No stamp lies in the future, and their distances are those of the recording.
    const stamps = [...contents.values()].map(([text]) => (JSON.parse(text!) as Swap).timestamp);
    const [lowest, highest] = stamps.reduce(
      ([low, high], at) => [Math.min(low, at), Math.max(high, at)],
      [Infinity, 0],
    );
    assert.ok(highest <= Date.now());
    assert.equal(highest - lowest, (swaps.length - 1) * 100);
  });

  test('a replay that was stopped goes on, and one that was played to its end does not begin anew', async (context) => {
    const swaps = makeSwaps(2_000, 20);
    const { env, client, stateDir } = await setUp(context, swaps, 'stop');
    // 40 s of recording at a speed of 20 take two seconds.
    const settings = { ...env, RETIME: 'now', SPEED: '20' };
    const first = await startService('producer', settings, { test: context });
    await until('it is on its way', async () => (await position(stateDir)).line > 500);
    assert.deepEqual(await first.kill('SIGTERM'), { code: 0, signal: null });
    const sent = await countSwaps(client);
    assert.equal((await position(stateDir)).line, sent, 'the position is that of the last swap sent');
    assert.ok(sent < swaps.length);

    const second = await startService('producer', settings, { test: context });
    await until('the recording is played', isPlayed(stateDir));
    await second.kill('SIGTERM');
    const third = await startService('producer', settings, { test: context });
    await until('it says so', async () => third.logs.some((line) => line.includes('was played to its end already')));
    const records = await readSwaps(client);
    assert.equal(records.length, swaps.length, 'nothing is sent twice after orderly stops');
    for (const { swap, appendTimeMs } of records)
      assert.ok(swap.timestamp <= appendTimeMs, 'sent no earlier than stamped');
  });

  test('kept times are refused when the topic is ahead, but not by the records of the replay itself', async (context) => {
    const swaps = makeSwaps(1_000, 10_000);
    const { env, client, stateDir } = await setUp(context, swaps, 'behind');
    const settings = { ...env, RETIME: 'keep', SPEED: 'max', CLOCK: 'event' };
    const first = await startService('producer', settings, { test: context });
    await until('the recording is played', isPlayed(stateDir));
    await first.kill('SIGTERM');
    const again = await startService('producer', settings, { test: context });
    await again.kill('SIGTERM');

    const elsewhere = { ...settings, STATE_DIR: join(stateDir, 'other') };
    await assert.rejects(startService('producer', elsewhere), /ended \(exit 78\)[^]*REPLAY_BEHIND/);
    assert.equal(exitCodes.configuration, 78);
    // What is stamped in the future is rejected by all readers, so it puts nothing behind.
    await assert.doesNotReject(async () => {
      const other = await setUp(context, swaps, 'future');
      await sendFutureSwap(other.client);
      const service = await startService('producer', { ...other.env, RETIME: 'keep', SPEED: 'max' }, { test: context });
      await service.kill('SIGTERM');
    });
    assert.equal(await countSwaps(client), swaps.length);
  });

  test('what cannot be replayed ends the process with the code of a wrong setting', async (context) => {
    const { env } = await setUp(context, ['rubbish'], 'invalid');
    await assert.rejects(startService('producer', env), /ended \(exit 78\)[^]*REPLAY_INVALID/);
    const absent = { ...env, REPLAY_FILE: `${env.REPLAY_FILE}.absent` };
    await assert.rejects(startService('producer', absent), /ended \(exit 78\)[^]*REPLAY_INVALID/);
  });
});
