import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkRules, defaultRules, parseWindows, RulesError, rulesHash } from './rules.ts';

describe('windows', () => {
  it('a window takes the finest resolution that needs at most 1440 buckets', () => {
    const resolutions = parseWindows('1s,5m,24m,25m,1h,4h,5h,24h,25h,7d').map((w) => [w.name, w.resolutionMs / 1000]);
    assert.deepEqual(resolutions, [
      ['1s', 1],
      ['5m', 1],
      ['24m', 1],
      ['25m', 10],
      ['1h', 10],
      ['4h', 10],
      ['5h', 60],
      ['24h', 60],
      ['25h', 600],
      ['7d', 600],
    ]);
  });

  for (const [text, reason] of [
    ['', /is not a length/],
    ['5', /is not a length/],
    ['0m', /is not a length/],
    ['5m,', /is not a length/],
    ['8d', /longer than 7 days/],
    ['1445s', /multiple of its resolution, 10 s/],
    ['60m,1h', /60m and 1h are the same length/],
    [Array.from({ length: 17 }, (_, i) => `${i + 1}m`).join(','), /at most 16/],
  ] as const) {
    it(`${JSON.stringify(text.slice(0, 20))} is refused with what is wrong`, () => {
      assert.throws(
        () => parseWindows(text),
        (error) => error instanceof RulesError && error.code === 'RULES_INVALID' && reason.test(error.message),
      );
    });
  }
});

describe('rules', () => {
  it('a setting that cannot be is refused by its name', () => {
    assert.throws(() => checkRules({ ...defaultRules, windows: [] }), /WINDOWS/);
    assert.throws(() => checkRules({ ...defaultRules, latenessMs: -1 }), /LATENESS/);
    assert.throws(() => checkRules({ ...defaultRules, latenessMs: 0.5 }), /LATENESS/);
    assert.throws(() => checkRules({ ...defaultRules, priceMinUsd: '1e3' }), /PRICE_MIN_USD/);
  });

  it('the hash changes with each rule that decides a figure, and with nothing else', () => {
    const hash = rulesHash(defaultRules);
    assert.match(hash, /^[0-9a-f]{64}$/);
    assert.notEqual(rulesHash({ ...defaultRules, latenessMs: 1 }), hash);
    assert.notEqual(rulesHash({ ...defaultRules, windows: parseWindows('5m') }), hash);
    assert.notEqual(rulesHash({ ...defaultRules, priceMinUsd: '1.5' }), hash);
    assert.equal(rulesHash({ ...defaultRules, priceMinUsd: '1.000' }), hash);
    assert.equal(rulesHash({ ...defaultRules, maxRecordBytes: 1 }), hash);
  });
});
