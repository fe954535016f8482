import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CommandContext, execute } from './commands.ts';
import { createTestHub, FakePeer } from './hub/fakes.ts';
import { parseMessage } from './protocol.ts';

function connect({ maxSubscriptions = 10 } = {}) {
  const { hub, ...rest } = createTestHub();
  const peer = new FakePeer();
  const context: CommandContext = { hub, session: hub.open(peer), maxSubscriptions };
  return {
    ...rest,
    peer,
    send(message: object): object[] {
      execute(parseMessage(JSON.stringify(message)), context);
      return peer.received.splice(0);
    },
  };
}

const subscribe = { op: 'subscribe', channel: 'stats' };

test('an ack echoes what was taken, normalised, and what was refused; then the snapshots come', () => {
  const { publish, send } = connect();
  publish('1:0xab', 1);
  const [ack, ...snapshots] = send({ ...subscribe, id: 7, tokens: ['1:0xAB', 'no good', 'later', '1:0xab'] });
  assert.deepEqual(ack, {
    type: 'ack',
    id: 7,
    op: 'subscribe',
    channel: 'stats',
    tokens: ['1:0xab', 'later'],
    refused: [{ token: 'no good', code: 'TOKEN_INVALID' }],
    windows: null,
    minIntervalMs: 0,
    batch: false,
    resumed: [],
  });
  assert.deepEqual(
    snapshots.map((frame) => (frame as { token: string }).token),
    ['1:0xab'],
  );
});

function refused(frames: object[]): object[] {
  return (frames[0] as { refused: object[] }).refused;
}

test('tokens past the limit are refused, those within it taken, and those left make room', () => {
  const { send } = connect({ maxSubscriptions: 2 });
  assert.deepEqual(refused(send({ ...subscribe, tokens: ['a', 'b', 'c'] })), [
    { token: 'c', code: 'SUBSCRIPTIONS_LIMIT' },
  ]);
  assert.deepEqual(refused(send({ ...subscribe, tokens: ['*'] })), [{ token: '*', code: 'SUBSCRIPTIONS_LIMIT' }]);
  assert.deepEqual(refused(send({ ...subscribe, tokens: ['a'], batch: true })), []);
  send({ op: 'unsubscribe', channel: 'stats', tokens: ['a'] });
  assert.deepEqual(refused(send({ ...subscribe, tokens: ['*'] })), []);
});

test('unsubscribing without tokens leaves all of them', () => {
  const { publish, peer, send } = connect();
  send({ ...subscribe, tokens: ['a', '*'] });
  const [ack] = send({ id: 2, op: 'unsubscribe', channel: 'stats' });
  assert.deepEqual(ack, { type: 'ack', id: 2, op: 'unsubscribe', channel: 'stats', tokens: ['a', '*'], refused: [] });
  publish('a', 1);
  publish('b', 1);
  assert.deepEqual(peer.received, []);
});

test('unsubscribing from what was not subscribed is refused by token', () => {
  const { send } = connect();
  const [ack] = send({ op: 'unsubscribe', channel: 'stats', tokens: ['a'] });
  assert.deepEqual(refused([ack!]), [{ token: 'a', code: 'NOT_SUBSCRIBED' }]);
});

test('a window that is not kept is refused once the windows are known', () => {
  const { beat, send } = connect();
  beat(1);
  assert.throws(() => send({ ...subscribe, id: 3, tokens: ['a'], windows: ['5m', '7m'] }), {
    code: 'WINDOW_UNKNOWN',
    id: 3,
    message: '"7m" is none of 5m, 1h',
  });
});

test('an ack names the partitions that are resumed', () => {
  const { publish, beat, send } = connect();
  publish('a', 1);
  beat(2);
  const frames = send({ ...subscribe, tokens: ['a'], since: { 0: [1, 2, 1, 2], 5: [1, 2, 1, 2] } });
  assert.deepEqual((frames[0] as { resumed: number[] }).resumed, [0]);
  assert.equal(frames.length, 1);
});

test('a ping is answered with its id', () => {
  assert.deepEqual(connect().send({ op: 'ping', id: 'p' }), [{ type: 'pong', id: 'p' }]);
});
