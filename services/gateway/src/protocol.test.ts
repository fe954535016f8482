import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMessage } from './protocol.ts';

const subscribe = { op: 'subscribe', channel: 'stats', tokens: ['a'] };

test('a subscription has defaults for what it leaves out', () => {
  assert.deepEqual(parseMessage(JSON.stringify({ ...subscribe, id: 1 })), {
    ...subscribe,
    id: 1,
    minIntervalMs: 0,
    batch: false,
  });
});

const refusals: [string, unknown, string][] = [
  ['that is not JSON', '{', 'NOT_JSON'],
  ['that is no object', '[1]', 'NOT_JSON'],
  ['that is null', 'null', 'NOT_JSON'],
  ['without op', {}, 'OP_UNKNOWN'],
  ['with an unknown op', { op: 'publish' }, 'OP_UNKNOWN'],
  ['of another channel', { ...subscribe, channel: 'swaps' }, 'CHANNEL_UNKNOWN'],
  ['with an unknown key', { ...subscribe, token: 'a' }, 'MESSAGE_INVALID'],
  ['with no tokens', { ...subscribe, tokens: [] }, 'MESSAGE_INVALID'],
  ['with tokens of another type', { ...subscribe, tokens: [1] }, 'MESSAGE_INVALID'],
  ['with a fractional interval', { ...subscribe, minIntervalMs: 0.5 }, 'MESSAGE_INVALID'],
  ['with a negative interval', { ...subscribe, minIntervalMs: -1 }, 'MESSAGE_INVALID'],
  ['with an endless interval', { ...subscribe, minIntervalMs: 1e9 }, 'MESSAGE_INVALID'],
  ['with a broken version in since', { ...subscribe, since: { 0: [1, 2, 3] } }, 'MESSAGE_INVALID'],
  ['with no partition number in since', { ...subscribe, since: { x: [1, 2, 3, 4] } }, 'MESSAGE_INVALID'],
  ['with a deep id', { ...subscribe, id: { a: 1 } }, 'MESSAGE_INVALID'],
];
for (const [what, message, code] of refusals) {
  test(`a message ${what} is refused with ${code}`, () => {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    assert.throws(() => parseMessage(text), { name: 'MessageError', code });
  });
}

test('a refusal echoes the id', () => {
  assert.throws(() => parseMessage('{"op":"publish","id":"x7"}'), { id: 'x7' });
});

test('deeply nested JSON is refused like any other', () => {
  const deep = `${'['.repeat(2_000)}${']'.repeat(2_000)}`;
  assert.throws(() => parseMessage(`{"op":"ping","id":${deep}}`), { code: 'MESSAGE_INVALID' });
});
