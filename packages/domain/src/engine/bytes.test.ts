import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { ByteReader, ByteWriter, CodecError } from './bytes.ts';

const SEED = 20_260_104;

it(`numbers, moments and texts come back as they were written (seed ${SEED})`, () => {
  const whole = fc.oneof(
    fc.nat(),
    fc.maxSafeNat(),
    fc.constantFrom(0, 127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 31, 2 ** 32, 1e15 - 1),
  );
  const moment = fc.oneof(
    fc.maxSafeInteger(),
    fc.integer(),
    fc.constantFrom(Number.NEGATIVE_INFINITY, 2 ** 48, -(2 ** 48)),
  );
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\ud800', '\udc00', 'a', '€') }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(whole, moment, moment.filter(Number.isFinite), text)), (values) => {
      const out = new ByteWriter();
      for (const [n, at, base, words] of values) {
        out.unsigned(n);
        out.time(at, base);
        out.number(at);
        out.text(words);
      }
      const input = new ByteReader(out.take());
      for (const [n, at, base, words] of values) {
        assert.deepEqual([input.unsigned(), input.time(base), input.number(), input.text()], [n, at, at, words]);
      }
      assert.equal(input.isAtEnd, true);
    }),
    { seed: SEED, numRuns: 1_000 },
  );
});

it('bytes that are cut short are refused, not read past their end', () => {
  const out = new ByteWriter();
  out.text('some words');
  const bytes = out.take();
  assert.throws(() => new ByteReader(bytes.subarray(0, 4)).text(), CodecError);
  assert.throws(() => new ByteReader(new Uint8Array([0x80])).unsigned(), CodecError);
  assert.throws(() => new ByteReader(new Uint8Array(20).fill(0xff)).unsigned(), CodecError);
});
