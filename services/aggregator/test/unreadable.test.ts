import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defaultRules } from '@tidemark/domain';
import { judge } from '@tidemark/testing';
import { Installation, until } from './installation.ts';

/** As the client numbers the codecs. */
const gzip = 1;
/** Twice this is more than a batch may expand to. */
const halfBytes = 33 * 1_048_576;

/** Appends a batch of two records that expands from some KiB to more than is read. */
async function appendBomb({ client }: Installation, partition: number): Promise<void> {
  const producer = client.kafka.producer();
  await producer.connect();
  const message = { partition, key: 'k', value: Buffer.alloc(halfBytes) };
  const batch = { topic: client.topicName('swaps'), compression: gzip, messages: [message, message] };
  // oxlint-disable-next-line no-unsafe-enum-assignment -- the enum is kafkajs's, which only packages/kafka imports.
  await producer.send(batch);
  await producer.disconnect();
}

async function deadLetters(installation: Installation): Promise<Record<string, string>[]> {
  return (await installation.read('swaps.dead')).map(({ headers }) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  );
}

describe('a batch that cannot be decoded', () => {
  test('is one dead letter with the offsets that it covers; what is before and behind it counts, and a restart does not meet it again', async (t) => {
    const installation = await Installation.create(t);
    const token = installation.token(0);
    const first = await installation.startReady();
    await installation.produce({ token });
    await appendBomb(installation, 0);
    await installation.produce({ token });
    await until(async () => (await installation.trades(token)) === 2);
    assert.deepEqual(await first.kill(), { code: 0, signal: null });

    await installation.startReady();
    await installation.produce({ token });
    await until(async () => (await installation.trades(token)) === 3);
    const letters = await deadLetters(installation);
    assert.equal(letters.length, 1);
    assert.equal(letters[0]!['tidemark-code'], 'BATCH_UNREADABLE');
    assert.equal(letters[0]!['tidemark-first-offset'], '1');
    assert.equal(letters[0]!['tidemark-offset'], '2');
    assert.match(letters[0]!['tidemark-reason']!, /expands to more than/);

    const log = (await installation.read('swaps')).filter(({ partition }) => partition === 0);
    const judged = judge(log, { rules: defaultRules, partition: 0, partitionCount: installation.partitionCount });
    assert.deepEqual(judged.counters, { counted: 3, duplicate: 0, late: 0, rejected: 1 });
    await until(async () => (await installation.stats.readHeartbeat(0))?.version[1] === 5);
    const { status } = (await installation.stats.readHeartbeat(0))!;
    assert.equal(status.counted, 3);
    assert.equal(status.rejected, 1);
  });
});
