import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ClockMode, clockRanAhead, clockToleranceMs, type Moment, readMomentMs } from './read-moment.ts';

const nothingYet: Moment = { nowMs: 1_000, lastAppendMs: null, watermarkMs: null, atEnd: true };

describe('the read moment', () => {
  const cases: [title: string, mode: ClockMode, moment: Partial<Moment>, expected: number | null][] = [
    ['at the end it is now', 'wall', { lastAppendMs: 900, watermarkMs: 5_000 }, 1_000],
    ['at the end it is the last append where the broker is ahead of us', 'wall', { lastAppendMs: 1_200 }, 1_200],
    ['behind the end it is the append time of the last record', 'wall', { lastAppendMs: 900, atEnd: false }, 900],
    ['behind the end it does not follow the clock', 'wall', { lastAppendMs: 900, atEnd: false, nowMs: 9_000 }, 900],
    ['an empty log is read now', 'wall', {}, 1_000],
    ['before the first record of a log there is none', 'wall', { atEnd: false }, null],
    ['by the event clock it is the watermark', 'event', { watermarkMs: 700, lastAppendMs: 900 }, 700],
    ['by the event clock also behind the end', 'event', { watermarkMs: 700, atEnd: false }, 700],
    ['by the event clock there is none before the first swap that passed', 'event', { lastAppendMs: 900 }, null],
  ];
  for (const [title, mode, moment, expected] of cases) {
    test(title, () => assert.equal(readMomentMs(mode, { ...nothingYet, ...moment }), expected));
  }
});

describe('a clock that ran ahead', () => {
  test('is noticed past the tolerance, against the clock and the last append', () => {
    const moment = { ...nothingYet, lastAppendMs: 500 };
    assert.equal(clockRanAhead('wall', 1_000 + clockToleranceMs, moment), false);
    assert.equal(clockRanAhead('wall', 1_001 + clockToleranceMs, moment), true);
    assert.equal(clockRanAhead('wall', 1_001 + clockToleranceMs, { ...moment, lastAppendMs: 1_001 }), false);
    assert.equal(clockRanAhead('wall', 1_001 + clockToleranceMs, nothingYet), true);
  });

  test('is nothing that the event clock knows', () => {
    assert.equal(clockRanAhead('event', 1_000_000, nothingYet), false);
  });
});
