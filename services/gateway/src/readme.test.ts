import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { markdownTable } from '@tidemark/testing';
import { closeCodes } from './close-codes.ts';
import { schema } from './config.ts';
import { messageErrors, upgradeErrors } from './error-codes.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the README lists every error code of messages with its meaning', () => {
  assert.deepEqual(markdownTable(readme, ['code', 'meaning']), Object.entries(messageErrors));
});

test('the README lists every refusal of handshakes with its status and meaning', () => {
  const rows = Object.entries(upgradeErrors).map(([code, { status, meaning }]) => [code, String(status), meaning]);
  assert.deepEqual(markdownTable(readme, ['code', 'status', 'meaning']), rows);
});

test('the README lists every close code with its meaning and what to do', () => {
  const rows = Object.entries(closeCodes).map(([code, { meaning, reconnect }]) => [code, meaning, reconnect]);
  assert.deepEqual(markdownTable(readme, ['code', 'meaning', 'reconnect']), rows);
});

test('the README lists every setting of its own with its meaning', () => {
  const own = Object.entries(schema.shape).filter(([name]) => /^(MAX_|GATEWAY_|HEARTBEAT_|SLOW_|DRAIN_)/.test(name));
  assert.deepEqual(
    markdownTable(readme, ['setting', 'default', 'meaning']).map(([name, , meaning]) => [name, meaning]),
    own.map(([name, type]) => [name, type.description]),
  );
});
