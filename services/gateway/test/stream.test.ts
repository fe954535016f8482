import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf } from '@tidemark/domain';
import { Owner, statsHeartbeat, statsRecord } from '@tidemark/testing/owner';
import { compareVersions, type Version } from '@tidemark/wire';
import { Client, type Frame, partitionCount, startGateway } from './harness.ts';

describe('the stream of statistics', () => {
  let owner: Owner;
  before(async () => {
    owner = await Owner.create(partitionCount);
  });
  after(() => owner?.close());

  test('begins with what was published before the gateway started, the greater version of Kafka and Redis', async (t) => {
    await owner.toStats(statsRecord('start:kafka', [1, 5, 1, 50]));
    await owner.toStats(statsRecord('start:redis', [1, 5, 1, 50]));
    await owner.toRedis(statsRecord('start:kafka', [1, 4, 1, 90]), statsRecord('start:redis', [1, 6, 1, 60]));
    const { url } = await startGateway(t, owner);
    const client = await Client.subscribed(t, url, ['start:kafka', 'start:redis']);
    await client.frame(({ token }) => token === 'start:kafka');
    await client.frame(({ token }) => token === 'start:redis');
    assert.deepEqual(valuesOf(client, 'start:kafka'), ['snapshot 1,5,1,50']);
    assert.deepEqual(valuesOf(client, 'start:redis'), ['snapshot 1,6,1,60']);
  });

  test('goes on with strictly rising versions, and a mark follows what it covers', async (t) => {
    const { url } = await startGateway(t, owner);
    const client = await Client.subscribed(t, url, ['live:a', 'live:b']);
    const partition = partitionOf('live:a', partitionCount);
    await owner.toStats(statsRecord('live:a', [1, 10, 1, 100]));
    await owner.toStats(statsRecord('live:a', [1, 9, 1, 100]));
    await owner.toStats(statsRecord('live:a', [1, 10, 1, 100]));
    await owner.toStats(statsRecord('live:a', [1, 11, 1, 110]));
    await owner.beat(statsHeartbeat(partition, [1, 11, 1, 120]));
    await client.frame(({ type }) => type === 'mark');
    assert.deepEqual(valuesOf(client, 'live:a'), ['snapshot 1,10,1,100', 'update 1,11,1,110']);
    assert.deepEqual(client.frames.at(-1), { type: 'mark', partition, version: [1, 11, 1, 120] });
  });

  test('gives updates of the shape of the record published', async (t) => {
    const { url } = await startGateway(t, owner);
    const client = await Client.subscribed(t, url, ['shape:a']);
    await owner.toStats(statsRecord('shape:a', [1, 1, 1, 1]));
    await owner.toStats(statsRecord('shape:a', [1, 2, 1, 2]));
    const update = await client.frame(({ type }) => type === 'update');
    assert.deepEqual(update, { type: 'update', channel: 'stats', ...statsRecord('shape:a', [1, 2, 1, 2]) });
  });

  test('goes on at another gateway from the marks that a client has seen', async (t) => {
    const partition = partitionOf('resume:a', partitionCount);
    const other = Array.from({ length: 100 }, (_, n) => `resume:${n}`).find(
      (token) => partitionOf(token, partitionCount) === partition,
    )!;
    await owner.toStats(statsRecord('resume:a', [1, 20, 1, 200]));
    await owner.toStats(statsRecord(other, [1, 21, 1, 210]));
    await owner.beat(statsHeartbeat(partition, [1, 21, 1, 220]));
    await owner.toStats(statsRecord('resume:a', [1, 22, 1, 230]));
    await owner.bury(other);
    await owner.beat(statsHeartbeat(partition, [1, 22, 1, 240]));
    const { url } = await startGateway(t, owner);
    const since = { [partition]: [1, 21, 1, 220] };
    const client = await Client.subscribed(t, url, ['resume:a', other], { since });
    await client.frame(({ token }) => token === other);
    const ack = await client.frame(({ type }) => type === 'ack');
    assert.deepEqual(ack['resumed'], [partition]);
    assert.deepEqual(valuesOf(client, 'resume:a'), ['snapshot 1,22,1,230']);
    // The token without trades is told of as zeros.
    assert.deepEqual(valuesOf(client, other), ['snapshot 1,22,1,240']);
  });

  test('is not disturbed by records that no owner wrote', async (t) => {
    const { url, failures } = await startGateway(t, owner);
    const client = await Client.subscribed(t, url, ['odd:a']);
    await owner.toStats(statsRecord('odd:a', [1, 1, 1, Number.NaN] as unknown as Version));
    await owner.toStats(statsRecord('odd:a', 'x' as unknown as Version));
    await owner.toStats(statsRecord('odd:a', [1, 2, 1, 2]));
    await client.frame(({ token }) => token === 'odd:a');
    assert.deepEqual(valuesOf(client, 'odd:a'), ['snapshot 1,2,1,2']);
    assert.deepEqual(failures, []);
  });

  test('ends with 1012 when the gateway stops, and leaves nobody connected', async (t) => {
    const gateway = await startGateway(t, owner);
    const clients = await Promise.all(Array.from({ length: 5 }, () => Client.subscribed(t, gateway.url, ['*'])));
    await gateway.close();
    for (const client of clients) assert.equal(await client.closed, 1012);
    await assert.rejects(fetch(`${gateway.httpUrl}/healthz`));
  });

  test('a client that stops reading costs no more than its bound, and delays nobody', async (t) => {
    const gateway = await startGateway(t, owner, { SLOW_CLIENT_GRACE: '5m', MAX_BUFFERED_BYTES: '65536' });
    const slow = await Client.subscribed(t, gateway.url, ['*']);
    const quick = await Client.subscribed(t, gateway.url, ['*']);
    slow.socket.pause();
    const atStart = process.memoryUsage().external;
    await publishRounds('slow', rounds, 1_500);
    for (const token of tokensOf('slow')) await quick.frame(isValue(token, rounds));
    for (const token of tokensOf('slow')) assertRising(quick.frames, token, rounds);
    assert.equal(await gateway.metric('slow_connections'), 1);
    const owed = await gateway.metric('owed_updates');
    assert.ok(owed > 0 && owed <= (await gateway.metric('tokens')), `${owed} updates owed`);
    const grownMb = (process.memoryUsage().external - atStart) / 1e6;
    t.diagnostic(`${rounds * tokenCount} values sent, ${owed} owed, external memory grew by ${grownMb.toFixed(1)} MB`);
  });

  test('a client that stops reading for longer than the grace period is closed with 1013', async (t) => {
    const gateway = await startGateway(t, owner, { SLOW_CLIENT_GRACE: '300ms', MAX_BUFFERED_BYTES: '65536' });
    const slow = await Client.subscribed(t, gateway.url, ['*']);
    slow.socket.pause();
    await publishRounds('grace', rounds, 1_500);
    while ((await gateway.metric('closes_total')) !== 1) await sleep(50);
    assert.match(await gateway.metrics.metrics(), /closes_total\{code="1013"\} 1/);
    assert.equal(await gateway.metric('connections'), 0);
  });

  test('a client that pauses for less than the grace period ends with the newest value of each token', async (t) => {
    const { url } = await startGateway(t, owner, { SLOW_CLIENT_GRACE: '5m', MAX_BUFFERED_BYTES: '65536' });
    const client = await Client.subscribed(t, url, ['*']);
    client.socket.pause();
    await publishRounds('pause', rounds, 1_500);
    const heartbeat: Version = [1, rounds, 1, rounds + 1];
    for (let partition = 0; partition < partitionCount; partition++)
      await owner.beat(statsHeartbeat(partition, heartbeat));
    client.socket.resume();
    for (let partition = 0; partition < partitionCount; partition++) {
      await client.frame(
        (frame) => frame.type === 'mark' && frame.partition === partition && frame.version?.[3] === rounds + 1,
      );
    }
    for (const token of tokensOf('pause')) assertRising(client.frames, token, rounds);
    const reached = client.frames.filter(({ token }) => token?.startsWith('pause:')).length;
    t.diagnostic(`${reached} of ${rounds * tokenCount} values reached the client`);
    assert.ok(reached < rounds * tokenCount);
  });

  /** In all some 40 MB: more than the operating system takes for a client that does not read. */
  async function publishRounds(prefix: string, count: number, paddingBytes: number): Promise<void> {
    for (let start = 1; start <= count; start += 50) {
      const offsets = Array.from({ length: 50 }, (_, n) => start + n);
      const name = 'x'.repeat(paddingBytes);
      const values = offsets.flatMap((offset) =>
        tokensOf(prefix).map((token) => statsRecord(token, [1, offset, 1, offset], { name })),
      );
      await owner.toStats(...values);
    }
  }
});

const rounds = 1_000;
const tokenCount = 20;

function tokensOf(prefix: string): string[] {
  return Array.from({ length: tokenCount }, (_, n) => `${prefix}:${n}`);
}

function valuesOf({ frames }: Client, token: string): string[] {
  return frames.filter((frame) => frame.token === token).map(({ type, version }) => `${type} ${version!.join()}`);
}

function isValue(token: string, offset: number): (frame: Frame) => boolean {
  return (frame) => frame.token === token && frame.version?.[1] === offset;
}

/** Versions of the token rise, up to the last offset. */
function assertRising(frames: Frame[], token: string, last: number): void {
  const versions = frames.filter((frame) => frame.token === token).map(({ version }) => version!);
  for (let n = 1; n < versions.length; n++) assert.ok(compareVersions(versions[n]!, versions[n - 1]!) > 0);
  assert.equal(versions.at(-1)?.[1], last);
}
