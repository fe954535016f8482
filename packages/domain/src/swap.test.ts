import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { isSwapInput } from './fast-check.ts';
import { hasUnnormalisedAddress } from './patterns.ts';
import { decodeSwap, type Swap, swapSchema } from './swap.ts';

const SEED = 20_260_102;
const swap: Swap = {
  id: 'a',
  token: 'T',
  trader: 'x',
  side: 'buy',
  amount: '2',
  usd: '10',
  timestamp: 1_700_000_000_000,
};

const decode = (value: unknown) =>
  decodeSwap(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), 65_536);

/** Values at and beyond the limits of any field. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    '',
    '0',
    '0.0',
    '1',
    '01',
    '.5',
    '1.',
    '1e3',
    '-1',
    '+1',
    ' 1',
    '1\n',
    'NaN',
  ),
  fc.constantFrom<unknown>(
    '9'.repeat(30),
    '9'.repeat(31),
    `1.${'1'.repeat(18)}`,
    `1.${'1'.repeat(19)}`,
    '9'.repeat(15),
    '9'.repeat(16),
  ),
  fc.constantFrom<unknown>(
    'x'.repeat(128),
    'x'.repeat(129),
    '\u007f',
    '\u0000',
    'a\u001fb',
    '\ud800',
    'é',
    'a b',
    'A:b.c_d-e',
  ),
  fc.constantFrom<unknown>(0, -0, 1, -1, 1.5, 2 ** 53, 2 ** 53 - 1, Number.NaN, Number.POSITIVE_INFINITY, true, [], {}),
  fc.constantFrom<unknown>('buy', 'sell', 'BUY', 'pending', 'confirmed', 'reverted'),
  fc.string({ unit: 'binary' }),
  fc.integer(),
);

describe('the schema of a swap', () => {
  it(`the fast check says what zod says, whatever the fields hold (seed ${SEED})`, () => {
    const names = Object.keys(swapSchema.shape) as (keyof Swap)[];
    const mutated = fc.array(fc.tuple(fc.constantFrom(...names), odd), { maxLength: 3 }).map((changes) => {
      return Object.assign({ ...swap }, Object.fromEntries(changes)) as unknown;
    });
    const value = fc.oneof({ weight: 9, arbitrary: mutated }, { weight: 1, arbitrary: odd });
    fc.assert(
      fc.property(value, (candidate) => {
        assert.equal(isSwapInput(candidate), swapSchema.safeParse(candidate).success);
      }),
      { seed: SEED, numRuns: 20_000 },
    );
  });

  it('a swap with only what is required is taken as it is, and unknown keys are ignored', () => {
    const decoded = decode({ ...swap, note: 'x', extra: { deep: [1] } });
    assert.ok(decoded.ok);
    assert.equal(decoded.swap.version, undefined);
    assert.equal(decoded.swap.amount, '2');
  });

  it('a refused swap names the path of what is wrong', () => {
    const reasons = [{ ...swap, amount: '0.0' }, { ...swap, side: 'BUY' }, { ...swap, version: 0 }, null, []].map(
      (value) => {
        const decoded = decode(value);
        assert.ok(!decoded.ok && decoded.code === 'SCHEMA');
        return decoded.reason.split(':')[0];
      },
    );
    assert.deepEqual(reasons, ['amount', 'side', 'version', '(root)', '(root)']);
  });

  it('__proto__ is refused wherever it stands among the keys', () => {
    const decoded = decode(`${JSON.stringify(swap).slice(0, -1)},"__proto__":{}}`);
    assert.ok(!decoded.ok && decoded.code === 'SCHEMA');
    assert.match(decoded.reason, /^__proto__/);
  });
});

describe('decoding', () => {
  const refusals: [string, Uint8Array | null, string][] = [
    ['no value', null, 'NOT_JSON'],
    ['an empty value', Buffer.alloc(0), 'NOT_JSON'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'NOT_UTF8'],
    ['a byte order mark', Buffer.from(`\ufeff${JSON.stringify(swap)}`), 'NOT_JSON'],
    ['NaN', Buffer.from('NaN'), 'NOT_JSON'],
    ['null', Buffer.from('null'), 'SCHEMA'],
    ['65,537 bytes', Buffer.alloc(65_537, 0x20), 'RECORD_TOO_LARGE'],
    ['65,536 bytes that are no JSON', Buffer.alloc(65_536, 0x20), 'NOT_JSON'],
  ];
  for (const [title, value, code] of refusals) {
    it(`${title}: ${code}`, () => {
      const decoded = decodeSwap(value, 65_536);
      assert.ok(!decoded.ok);
      assert.equal(decoded.code, code);
    });
  }

  it('an 0x address is normalised when none of its letters is a capital, behind a chain too', () => {
    assert.equal(hasUnnormalisedAddress(`1:0x${'aB'.repeat(20)}`), true);
    assert.equal(hasUnnormalisedAddress(`0x${'AB'.repeat(20)}`), true);
    assert.equal(hasUnnormalisedAddress(`0X${'ab'.repeat(20)}`), true);
    assert.equal(hasUnnormalisedAddress(`1:0x${'ab'.repeat(20)}`), false);
    assert.equal(hasUnnormalisedAddress('SOL:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'), false);
  });
});
