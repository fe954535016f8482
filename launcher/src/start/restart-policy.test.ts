import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeExit, pauseMs, verdictOf } from './restart-policy.ts';

describe('a service that ended unasked', () => {
  test('is started again after a crash, a signal or a temporary failure', () => {
    assert.equal(verdictOf({ code: 1, signal: null }), 'restart');
    assert.equal(verdictOf({ code: 70, signal: null }), 'restart');
    assert.equal(verdictOf({ code: 75, signal: null }), 'restart');
    assert.equal(verdictOf({ code: null, signal: 'SIGKILL' }), 'restart');
  });

  test('is not started again when its configuration is wrong', () => {
    assert.equal(verdictOf({ code: 78, signal: null }), 'hopeless');
  });

  test('is not started again when it has done its work', () => {
    assert.equal(verdictOf({ code: 0, signal: null }), 'finished');
  });

  test('waits 1 s, then twice as long each time, up to 30 s', () => {
    assert.deepEqual([1, 2, 3, 4, 5, 6, 60].map(pauseMs), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  test('is described by the signal or the code', () => {
    assert.equal(describeExit({ code: null, signal: 'SIGKILL' }), 'was ended by SIGKILL');
    assert.match(describeExit({ code: 78, signal: null }), /ended with 78: its configuration/);
    assert.equal(describeExit({ code: 9, signal: null }), 'ended with 9');
  });
});
