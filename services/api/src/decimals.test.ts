import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '@tidemark/testing';
import { compareDecimals, decimalPattern } from './decimals.ts';

test('decimals compare by value, to the last digit, whatever their length', () => {
  const ascending = [
    '-10',
    '-9.99',
    '-0.000001',
    '0',
    '0.000000000000000001',
    '0.1',
    '0.11',
    '1',
    '9',
    '10',
    '10.000000000000000001',
    '100',
  ];
  for (const [a, textA] of ascending.entries()) {
    for (const [b, textB] of ascending.entries()) {
      assert.equal(Math.sign(compareDecimals(textA, textB)), Math.sign(a - b), `${textA} and ${textB}`);
    }
  }
});

test('trailing zeros and the sign of zero do not matter', () => {
  assert.equal(compareDecimals('1.50', '1.5'), 0);
  assert.equal(compareDecimals('-0', '0'), 0);
  assert.equal(compareDecimals('-0.0', '0'), 0);
});

test('comparing agrees with integers scaled by 10^18 (seed 7)', () => {
  const random = createRandom(7);
  const some = () => {
    const whole = random.int(10 ** random.int(16));
    const fraction = random.chance(0.5)
      ? `.${String(random.int(1e9)).padStart(9, '0')}${String(random.int(1e9)).padStart(9, '0')}`
      : '';
    return `${random.chance(0.5) ? '-' : ''}${whole}${fraction}`;
  };
  for (let n = 0; n < 2_000; n++) {
    const [a, b] = [some(), some()];
    assert.match(a, decimalPattern);
    const difference = scaled(a) - scaled(b);
    assert.equal(Math.sign(compareDecimals(a, b)), difference < 0n ? -1 : Number(difference > 0n), `${a} and ${b}`);
  }
});

/** Times 10^18. */
function scaled(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const magnitude = BigInt(whole + fraction.padEnd(18, '0'));
  return text.startsWith('-') ? -magnitude : magnitude;
}
