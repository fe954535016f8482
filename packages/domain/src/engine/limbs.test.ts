import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { changeOf, type Decimal18, formatDecimal18, formatScaled, parseScaled, parseUsd, priceOf } from '../decimal.ts';
import { addAmount, addUsd, formatLimbs, limbsToBigInt, parseAmountLimbs, parseUsdLimbs } from './limbs.ts';
import { changeBetween, comparePrices, dividePrice, formatPrice } from './price.ts';

const SEED = 20_260_103;
const runs = { seed: SEED, numRuns: 5_000 };

const digits = (max: number) =>
  fc.string({
    unit: fc.constantFrom('0', '0', '1', '2', '3', '4', '5', '5', '6', '7', '8', '9', '9'),
    minLength: 1,
    maxLength: max,
  });
const whole = (max: number) => digits(max).map((text) => text.replace(/^0+(?=\d)/, ''));
const decimal = (max: number) =>
  fc.tuple(whole(max), fc.option(digits(18))).map(([w, f]) => (f === null ? w : `${w}.${f}`));
const usd = decimal(15);
const amount = decimal(30).filter((text) => /[1-9]/.test(text));

function price(micros: bigint, attos: bigint): { hi: number; lo: number } {
  const key = { hi: 0, lo: 0 };
  dividePrice(micros, attos, Number(micros) / Number(attos), key);
  return key;
}

const compare = (a: Decimal18, b: Decimal18): number => {
  const least = Math.min(a.exponent, b.exponent);
  const x = a.mantissa * 10n ** BigInt(a.exponent - least);
  const y = b.mantissa * 10n ** BigInt(b.exponent - least);
  return x < y ? -1 : Number(x > y);
};

describe(`limbs and price keys against BigInt (seed ${SEED})`, () => {
  it('amounts parse and format without a digit lost', () => {
    fc.assert(
      fc.property(decimal(30), (text) => {
        const limbs = new Float64Array(4);
        parseAmountLimbs(text, limbs);
        assert.equal(limbsToBigInt(limbs, 0, 4), parseScaled(text, 18));
        assert.equal(formatLimbs(limbs, 0, 4, 18), formatScaled(parseScaled(text, 18), 18));
      }),
      runs,
    );
  });

  it('USD is rounded half to even to micro-dollars', () => {
    fc.assert(
      fc.property(usd, (text) => {
        const limbs = new Float64Array(2);
        parseUsdLimbs(text, limbs);
        assert.equal(limbsToBigInt(limbs, 0, 2), parseUsd(text));
        assert.equal(formatLimbs(limbs, 0, 2, 6), formatScaled(parseUsd(text), 6));
      }),
      runs,
    );
    const rounded = ['0.0000005', '0.0000015', '0.00000050000000001', '999999999.9999995', '0.9999995'].map((text) => {
      const limbs = new Float64Array(2);
      parseUsdLimbs(text, limbs);
      return formatLimbs(limbs, 0, 2, 6);
    });
    assert.deepEqual(rounded, ['0', '0.000002', '0.000001', '1000000000', '1']);
  });

  it('sums carry and borrow exactly, and come back to zero', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(usd, amount), { minLength: 1, maxLength: 30 }), (values) => {
        const sums = new Float64Array(6);
        const one = new Float64Array(6);
        let micros = 0n;
        let attos = 0n;
        for (const sign of [1, -1] as const) {
          for (const [u, a] of values) {
            parseUsdLimbs(u, one.subarray(0, 2));
            parseAmountLimbs(a, one.subarray(2));
            addUsd(sums, 0, one[0]!, one[1]!, sign);
            addAmount(sums, 2, one[2]!, one[3]!, one[4]!, one[5]!, sign);
            micros += BigInt(sign) * parseUsd(u);
            attos += BigInt(sign) * parseScaled(a, 18);
            assert.equal(limbsToBigInt(sums, 0, 2), micros);
            assert.equal(limbsToBigInt(sums, 2, 4), attos);
          }
        }
        assert.deepEqual([...sums], [0, 0, 0, 0, 0, 0]);
      }),
      { ...runs, numRuns: 500 },
    );
  });

  it('prices, their order and the change between them are those of exact division', () => {
    fc.assert(
      fc.property(usd, amount, usd, amount, (u1, a1, u2, a2) => {
        const [m1, n1, m2, n2] = [parseUsd(u1), parseScaled(a1, 18), parseUsd(u2), parseScaled(a2, 18)] as const;
        const [key1, key2] = [price(m1, n1), price(m2, n2)];
        const [exact1, exact2] = [priceOf(m1, n1), priceOf(m2, n2)];
        assert.equal(formatPrice(key1.hi, key1.lo), formatDecimal18(exact1));
        assert.equal(Math.sign(comparePrices(key1.hi, key1.lo, key2.hi, key2.lo)), compare(exact1, exact2));
        assert.equal(changeBetween(key1.hi, key1.lo, key2.hi, key2.lo), changeOf(exact1, exact2));
      }),
      runs,
    );
  });

  it('a change on the edge of rounding is settled exactly', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000_000 }),
        fc.integer({ min: -3_000_000, max: 3_000_000 }),
        (half, shift) => {
          // open = 2, close = 2 + k * 10^-6: every odd k lies on a half.
          const open = price(2_000_000n * BigInt(half), 10n ** 18n * BigInt(half));
          const micros = BigInt(Math.max(1, 2_000_000 + shift));
          const close = price(micros, 10n ** 18n);
          assert.equal(
            changeBetween(open.hi, open.lo, close.hi, close.lo),
            changeOf(priceOf(2_000_000n, 10n ** 18n), priceOf(micros, 10n ** 18n)),
          );
        },
      ),
      runs,
    );
  });

  it('a quotient that rounds up to the next power of ten keeps 18 digits', () => {
    const key = price(999_999_999_999_999_999_999n, 10n ** 18n);
    assert.equal(formatPrice(key.hi, key.lo), '1000000000000000');
  });
});
