import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CodedError } from './errors.ts';
import { silentLogger } from './logger.ts';
import { waitFor } from './waiting.ts';

const log = silentLogger();
const signal = new AbortController().signal;

describe('waitFor', () => {
  test('tries until it succeeds, and answers with what it got', async () => {
    let attempts = 0;
    const answer = await waitFor(
      'a server',
      async () => {
        attempts++;
        if (attempts < 3) throw new Error('not yet');
        return 'there';
      },
      { log, timeoutMs: 60_000, signal },
    );
    assert.equal(answer, 'there');
    assert.equal(attempts, 3);
  });

  test('gives up with START_TIMEOUT when the next pause would pass the bound, naming what and why', async () => {
    const last = new CodedError('KAFKA_UNAVAILABLE', 'nobody answers');
    await assert.rejects(
      waitFor('Kafka', () => Promise.reject(last), { log, timeoutMs: 150, signal }),
      (error: CodedError) => {
        assert.equal(error.code, 'START_TIMEOUT');
        assert.equal(error.message, 'waited 150 ms for Kafka: nobody answers');
        assert.equal(error.cause, last);
        return true;
      },
    );
  });

  test('an error that waiting cannot mend passes through at the first attempt', async () => {
    let attempts = 0;
    const refused = new CodedError('TOPIC_MISMATCH', 'has 3 partitions');
    const attempt = () => {
      attempts++;
      return Promise.reject(refused);
    };
    await assert.rejects(waitFor('topics', attempt, { log, timeoutMs: 60_000, signal }), refused);
    assert.equal(attempts, 1);
  });

  test('ends with the reason of the signal: before an attempt, after one, and in the pause', async () => {
    const reason = new Error('the service stops');
    await assert.rejects(
      waitFor('x', () => assert.fail('tried'), { log, timeoutMs: 60_000, signal: AbortSignal.abort(reason) }),
      reason,
    );
    const during = new AbortController();
    const failsAborted = async () => {
      during.abort(reason);
      throw new CodedError('TOPIC_MISMATCH', 'not this one');
    };
    await assert.rejects(waitFor('x', failsAborted, { log, timeoutMs: 60_000, signal: during.signal }), reason);

    const pausing = new AbortController();
    const failsThenAborts = async () => {
      setTimeout(() => pausing.abort(reason), 1);
      throw new Error('not yet');
    };
    await assert.rejects(
      waitFor('x', failsThenAborts, { log, timeoutMs: 60_000, signal: pausing.signal }),
      (error: Error) => error.name === 'AbortError' && error.cause === reason,
    );
  });
});
