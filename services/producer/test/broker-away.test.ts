import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack } from '@tidemark/stack';
import { startService } from '@tidemark/testing';
import { temporaryDir } from './temporary-dir.ts';
import { connect, countSwaps, readSwaps } from './topic.ts';

/** Longer than a batch is tried before the producer says that the brokers are away. */
const outageMs = 8_000;

test('a replay waits for a broker that is away, says so, goes on, and loses nothing', async (context) => {
  const dir = await temporaryDir(context);
  const stack = await startStack({ dir: join(dir, 'stack'), external: { postgres: 'none', redis: 'none' } });
  context.after(() => stack.stop());
  const swaps = Array.from({ length: 200_000 }, (_, at) => ({
    id: `swap-${at}`,
    token: `token-${at % 100}`,
    trader: 'somebody',
    side: 'sell',
    amount: '1',
    usd: '2',
    timestamp: 1_700_000_000_000 + at,
  }));
  const file = join(dir, 'recording.jsonl');
  await writeFile(file, swaps.map((swap) => `${JSON.stringify(swap)}\n`).join(''));

  const env = { KAFKA_BROKERS: stack.kafka.join(','), TOPIC_PREFIX: '', STATE_DIR: join(dir, 'state') };
  const replay = { SOURCE: 'replay', REPLAY_FILE: file, RETIME: 'keep', SPEED: 'max' };
  const service = await startService('producer', { ...env, ...replay }, { test: context });
  const client = connect({ kafkaBrokers: stack.kafka, topicPrefix: '' });
  context.after(() => client.close());
  const isLogged = (text: string) => service.logs.some((line) => line.includes(text));

  while ((await countSwaps(client)) < 10_000) await sleep(20);
  await stack.handles.kafka!.kill();
  assert.ok(!isLogged('played to its end'), 'the broker went away midway');
  await sleep(outageMs);
  assert.ok(isLogged('Kafka does not answer'), 'it says so');
  await stack.handles.kafka!.start();
  while (!isLogged('played to its end')) await sleep(50);

  const ids = new Set((await readSwaps(client)).map(({ swap }) => swap.id));
  assert.equal(ids.size, swaps.length);
  assert.deepEqual(await service.kill('SIGTERM'), { code: 0, signal: null });
});
