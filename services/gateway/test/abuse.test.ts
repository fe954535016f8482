import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Owner } from '@tidemark/testing/owner';
import { Client, partitionCount, refusedHandshake, startGateway } from './harness.ts';

describe('a gateway under abuse', () => {
  let owner: Owner;
  before(async () => {
    owner = await Owner.create(partitionCount);
  });
  after(() => owner?.close());

  test('refuses handshakes while it is not ready', async (t) => {
    const { url, httpUrl, readiness } = await startGateway(t, owner);
    readiness.waitFor('stats');
    assert.deepEqual(await refusedHandshake(url), { status: 503, code: 'NOT_READY' });
    const answer = await fetch(`${httpUrl}/readyz`);
    assert.equal(answer.status, 503);
    assert.deepEqual(await answer.json(), { status: 'waiting', state: 'waiting', waitingFor: ['stats'] });
    readiness.done('stats');
    await Client.subscribed(t, url, ['a']);
  });

  test('refuses handshakes on other paths, and plain requests for the stream', async (t) => {
    const { url, httpUrl } = await startGateway(t, owner);
    assert.deepEqual(await refusedHandshake(url.replace('stream', 'other')), { status: 404, code: 'NOT_FOUND' });
    const answer = await fetch(`${httpUrl}/v1/stream`);
    assert.equal(answer.status, 426);
    assert.equal(((await answer.json()) as { code: string }).code, 'UPGRADE_REQUIRED');
  });

  test('takes as many connections as it may, of an address and in all, and a closed one makes room', async (t) => {
    const byAddress = await startGateway(t, owner, { MAX_CONNECTIONS_PER_ADDRESS: '2' });
    const first = await Client.subscribed(t, byAddress.url, ['a']);
    await Client.subscribed(t, byAddress.url, ['a']);
    assert.deepEqual(await refusedHandshake(byAddress.url), { status: 429, code: 'CONNECTIONS_PER_ADDRESS_LIMIT' });
    first.socket.close();
    await first.closed;
    await Client.subscribed(t, byAddress.url, ['a']);
    const inAll = await startGateway(t, owner, { MAX_CONNECTIONS: '1' });
    await Client.subscribed(t, inAll.url, ['a']);
    assert.deepEqual(await refusedHandshake(inAll.url), { status: 503, code: 'CONNECTIONS_LIMIT' });
  });

  test('answers what it cannot act on, and keeps the connection', async (t) => {
    const { url } = await startGateway(t, owner);
    const client = await Client.subscribed(t, url, ['a']);
    client.socket.send('{');
    client.send({ id: 5, op: 'sing' });
    client.send({ id: 6, op: 'subscribe', channel: 'tape', tokens: ['a'] });
    client.send({ id: 7, op: 'ping' });
    await client.frame(({ type, id }) => type === 'pong' && id === 7);
    assert.deepEqual(
      client.frames.filter(({ type }) => type === 'error').map(({ id, code }) => [id, code]),
      [
        [undefined, 'NOT_JSON'],
        [5, 'OP_UNKNOWN'],
        [6, 'CHANNEL_UNKNOWN'],
      ],
    );
  });

  test('closes on messages that are too long, binary, not UTF-8, or broken', async (t) => {
    const { url } = await startGateway(t, owner);
    const closedBy = async (act: (client: Client) => void) => {
      const client = await Client.subscribed(t, url, ['a']);
      act(client);
      return client.closed;
    };
    assert.equal(await closedBy(({ socket }) => socket.send('x'.repeat(5_000))), 1009);
    assert.equal(await closedBy(({ socket }) => socket.send(Buffer.from('{}'))), 1003);
    assert.equal(await closedBy(({ socket }) => socket.send(Buffer.from([0xff]), { binary: false })), 1007);
    // A frame that is not masked, as no client may send it.
    assert.equal(await closedBy((client) => client.tcp!.write(Buffer.from([0x81, 0x01, 0x61]))), 1002);
    const bystander = await Client.subscribed(t, url, ['a']);
    bystander.send({ op: 'ping' });
    await bystander.frame(({ type }) => type === 'pong');
  });

  test('closes a message that grows by fragments past the limit', async (t) => {
    const { url } = await startGateway(t, owner);
    const client = await Client.subscribed(t, url, ['a']);
    for (let n = 0; n < 20; n++) client.socket.send('x'.repeat(500), { fin: false });
    assert.equal(await client.closed, 1009);
  });

  test('refuses a flood of messages by name, then closes it', async (t) => {
    const { url } = await startGateway(t, owner, { MAX_MESSAGES_PER_SECOND: '10' });
    const client = await Client.subscribed(t, url, ['a']);
    for (let n = 0; n < 15; n++) client.send({ op: 'ping' });
    await client.frame(({ code }) => code === 'RATE_LIMITED');
    for (let n = 0; n < 100; n++) client.send({ op: 'ping' });
    assert.equal(await client.closed, 1008);
  });

  test('closes a flood of pings', async (t) => {
    const { url } = await startGateway(t, owner, { MAX_MESSAGES_PER_SECOND: '10' });
    const client = await Client.subscribed(t, url, ['a']);
    for (let n = 0; n < 100; n++) client.socket.ping();
    assert.equal(await client.closed, 1008);
  });

  test('drops a client that answers no pings, and keeps one that does', async (t) => {
    const { url } = await startGateway(t, owner, { HEARTBEAT_INTERVAL: '150ms' });
    const silent = new Client(t, url, { autoPong: false });
    const alive = new Client(t, url);
    assert.equal(await silent.closed, 1006);
    alive.send({ op: 'ping' });
    await alive.frame(({ type }) => type === 'pong');
  });

  test('drops a handshake that never ends', async (t) => {
    const { url } = await startGateway(t, owner);
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    t.after(() => socket.destroy());
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.resume();
    socket.write('GET /v1/stream HTTP/1.1\r\nhost: x\r\n');
    await ended;
  });
});
