import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from './pace.ts';

test('progress is told as records, share, rate and time left, also before the first record and of an empty log', () => {
  const pace = new Pace(1_000, 5_000);
  assert.equal(
    pace.line({ nextOffset: 3_000, endOffset: 9_000 }, 7_000),
    '2000 of 8000 records (25 %), 1000/s, 6 s left',
  );
  assert.equal(
    pace.line({ nextOffset: 1_000, endOffset: 9_000 }, 6_000),
    '0 of 8000 records (0 %), 0/s, time left not known yet',
  );
  assert.equal(
    pace.line({ nextOffset: 1_000, endOffset: 1_000 }, 6_000),
    '0 of 0 records (100 %), 0/s, time left not known yet',
  );
});
