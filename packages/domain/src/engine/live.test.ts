import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { compareUtf8 } from './live.ts';

const SEED = 20_260_106;

it(`ids sort by their UTF-8 bytes, also where UTF-16 would sort otherwise (seed ${SEED})`, () => {
  const unit = fc.constantFrom('a', 'b', 'é', '€', '\ue000', '\uffff', '😀', '𐀀');
  const id = fc.string({ unit, maxLength: 4 });
  fc.assert(
    fc.property(id, id, (a, b) => {
      assert.equal(Math.sign(compareUtf8(a, b)), Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

it('different ids never compare equal, not even with unpaired surrogates', () => {
  assert.notEqual(compareUtf8('\ud800', '\ud801'), 0);
  assert.equal(Math.sign(compareUtf8('\ud800', '\ud801')), -Math.sign(compareUtf8('\ud801', '\ud800')));
});
