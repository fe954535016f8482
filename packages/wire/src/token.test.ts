import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normaliseToken } from './token.ts';

test('addresses are brought to lower case, other names keep theirs', () => {
  assert.equal(normaliseToken('1:0xABCdef'), '1:0xabcdef');
  assert.equal(normaliseToken('0XAB'), '0xab');
  assert.equal(normaliseToken('solana:So11111'), 'solana:So11111');
  assert.equal(normaliseToken('BTC-USD.perp_1'), 'BTC-USD.perp_1');
});

test('a name that no token can have is refused', () => {
  for (const text of ['', 'a b', 'a/b', '#3', 'é', 'x'.repeat(129)]) assert.equal(normaliseToken(text), null);
});
