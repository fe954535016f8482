import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { frameLines } from './frame-line.ts';

const figures = { '5m': { trades: 2, volumeUsd: '10.5', traders: 1, change: null } };
const update = { type: 'update', token: 't', symbol: 'TKN', price: '5', asOf: 0, windows: figures };
const updateLine = 'update   00:00:00.000  TKN  5 USD  |  5m: 2 trades, 10.5 USD, 1 traders, change -';

describe('a frame for a person', () => {
  test('shows the figures of each window', () => {
    assert.deepEqual(frameLines(JSON.stringify(update)), [updateLine]);
  });

  test('is a line for each update of a batch', () => {
    assert.deepEqual(frameLines(JSON.stringify({ type: 'updates', items: [update, update] })), [
      updateLine,
      updateLine,
    ]);
  });

  test('shows the fields of any other kind, also of one not known', () => {
    assert.deepEqual(frameLines('{"type":"ack","id":1,"windows":["5m"]}'), ['ack      id 1  windows ["5m"]']);
    assert.deepEqual(frameLines('{"type":"welcome","session":"s","protocol":1}'), ['welcome  session "s"  protocol 1']);
  });
});
