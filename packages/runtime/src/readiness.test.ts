import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Readiness } from './readiness.ts';

describe('the state of a service', () => {
  test('is starting until it has begun, serving when nothing is waited for', () => {
    const readiness = new Readiness('start');
    assert.deepEqual([readiness.state, readiness.ready], ['starting', false]);
    readiness.done('start');
    assert.deepEqual([readiness.state, readiness.ready], ['serving', true]);
  });

  test('is the first that holds of stuck, starting, waiting, restoring, standing', () => {
    const readiness = new Readiness();
    for (const state of ['standing', 'restoring', 'waiting', 'starting'] as const) {
      readiness.waitFor(state, state);
      assert.equal(readiness.state, state);
    }
    readiness.stuck();
    assert.equal(readiness.state, 'stuck');
  });

  test('of a condition is the one named last', () => {
    const readiness = new Readiness();
    readiness.waitFor('the group', 'starting');
    readiness.waitFor('the group', 'waiting');
    assert.equal(readiness.state, 'waiting');
    readiness.done('the group');
    assert.equal(readiness.state, 'serving');
  });

  test('fails liveness only when stuck, and never comes back from that', () => {
    const readiness = new Readiness();
    readiness.waitFor('Kafka');
    assert.deepEqual(readiness.health(), { httpStatus: 200, body: { status: 'ok', state: 'waiting' } });
    readiness.stuck();
    readiness.done('Kafka');
    assert.deepEqual(readiness.health(), { httpStatus: 503, body: { status: 'stuck', state: 'stuck' } });
    assert.equal(readiness.readiness().httpStatus, 503);
  });
});
