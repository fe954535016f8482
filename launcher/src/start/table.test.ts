import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { summaryLine, tableLines } from './table.ts';

const weth = {
  token: '1:0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2',
  symbol: 'WETH',
  price: '2345.678912',
  trades: 12,
  volumeUsd: '1234567.89',
  traders: 9,
  change: '-0.0123',
};
const nameless = { ...weth, symbol: null, price: null, change: null };

describe('the table of busy tokens', () => {
  test('has a row for each, in columns', () => {
    const [, , title, row] = tableLines([weth], 200);
    assert.equal(title, 'token             price USD    change       volume USD   trades  traders');
    assert.equal(row, 'WETH               2,345.68   -1.23 %        1,234,568       12        9');
  });

  test('names a token without a symbol by its start, and shows what is unknown as a dash', () => {
    const row = tableLines([nameless], 200)[3]!;
    assert.match(row, /^1:0xc02aaa3… +- +- /);
  });

  test('is never wider than the terminal, which would break redrawing it in place', () => {
    for (const text of tableLines([weth, nameless], 30)) assert.ok(text.length <= 30, text);
  });

  test('shows a change too small to show without a sign', () => {
    assert.match(tableLines([{ ...weth, change: '-0.00001' }], 200)[3]!, / 0\.00 % /);
  });

  test('has a form of one line', () => {
    assert.equal(summaryLine([weth]), 'last 5m: WETH 1,234,568 USD in 12 trades');
    assert.equal(summaryLine([]), 'last 5m: no trades');
  });
});
