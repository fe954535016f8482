import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogue, type ErrorCode } from './catalogue.ts';
import { CodedError, exitCodeOf, exitCodes, isCoded } from './errors.ts';

const entries = Object.entries(catalogue) as [ErrorCode, (typeof catalogue)[ErrorCode]][];

describe('the error catalogue', () => {
  test('every code is in capitals and has a meaning and a remedy that are sentences', () => {
    for (const [code, { meaning, remedy }] of entries) {
      assert.match(code, /^[A-Z][A-Z0-9_]+$/);
      for (const text of [meaning, remedy]) assert.match(text, /^[A-Z].{9,}[.]$/s, `${code}: ${text}`);
    }
  });

  test('no two codes mean the same but for those of versions of one tool', () => {
    const meanings = Map.groupBy(entries, ([, { meaning }]) => meaning);
    const shared = [...meanings.values()]
      .filter((codes) => codes.length > 1)
      .map((codes) => codes.map(([code]) => code));
    assert.deepEqual(shared, [['JAVA_MISSING', 'JAVA_TOO_OLD']]);
  });
});

describe('exit codes', () => {
  test('tell a supervisor whether starting again helps', () => {
    assert.deepEqual(exitCodes, { clean: 0, software: 70, temporary: 75, configuration: 78 });
    assert.equal(exitCodeOf(new CodedError('SETTINGS_INVALID', 'x')), 78);
    assert.equal(exitCodeOf(new CodedError('KAFKA_UNAVAILABLE', 'x')), 75);
    assert.equal(exitCodeOf(new TypeError('x')), 70);
    assert.equal(exitCodeOf('thrown text'), 70);
  });

  test('an error is retryable exactly when its exit code says to start again', () => {
    for (const [code] of entries) {
      const error = new CodedError(code, 'x');
      assert.equal(error.retryable, exitCodeOf(error) === exitCodes.temporary, code);
    }
  });

  test('isCoded asks for any code, or for one of those named', () => {
    const error = new CodedError('FENCED', 'x');
    assert.equal(isCoded(error), true);
    assert.equal(isCoded(error, 'COMMIT_UNKNOWN', 'FENCED'), true);
    assert.equal(isCoded(error, 'COMMIT_UNKNOWN'), false);
    assert.equal(isCoded(Object.assign(new Error('x'), { code: 'FENCED' })), false);
  });
});
