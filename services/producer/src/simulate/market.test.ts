import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMarket } from './market.ts';

test('a market is the same for every run of one seed', () => {
  const options = { seed: 'tidemark', tokens: 50, traders: 20 };
  assert.deepEqual(createMarket(options), createMarket(options));
  assert.notDeepEqual(createMarket(options), createMarket({ ...options, seed: 'other' }));
});

test('a larger market keeps the tokens of the smaller one', () => {
  const small = createMarket({ seed: 'x', tokens: 10, traders: 5 });
  const large = createMarket({ seed: 'x', tokens: 20, traders: 5 });
  assert.deepEqual(large.tokens.slice(0, 10), small.tokens);
});

test('ten thousand tokens differ in id, symbol and name, and look like tokens', () => {
  const { tokens, traders } = createMarket({ seed: 'crowd', tokens: 10_000, traders: 100 });
  for (const key of ['id', 'symbol', 'name'] as const) {
    assert.equal(new Set(tokens.map((token) => token[key])).size, tokens.length, key);
  }
  for (const { id, pool, symbol, name, firstPriceUsd } of tokens) {
    assert.match(id, /^1:0x[0-9a-f]{40}$/);
    assert.match(pool, /^0x[0-9a-f]{40}$/);
    assert.match(symbol, /^[A-Z0-9]{3,12}$/);
    assert.match(name, /^[A-Z][A-Za-z0-9 ]+$/);
    assert.ok(firstPriceUsd >= 1e-6 && firstPriceUsd <= 1e4);
  }
  for (const trader of traders) assert.match(trader, /^0x[0-9a-f]{40}$/);
});

test('the default market begins with the token that the documentation names', () => {
  const { tokens } = createMarket({ seed: 'tidemark', tokens: 200, traders: 5_000 });
  assert.equal(tokens[0]!.id, '1:0x499f60503789d2a99efdc7facb9cd72575a1418b');
  assert.equal(tokens[0]!.symbol, 'JAN');
});
