import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SpawnedService, startTcpProxy } from '@tidemark/testing';
import { Installation, until } from './installation.ts';

/** Kafka's number of the request. */
const fetchCall = 1;
const env = { STUCK_AFTER: '12s', STOP_TIMEOUT: '2s' };
const pollMs = 100;

async function behindProxy(t: TestContext) {
  const installation = await Installation.create(t, 1);
  const proxy = await startTcpProxy({ target: installation.stack.kafkaBrokers[0]!, protocol: 'kafka' });
  t.after(() => proxy.close());
  const running = await installation.startReady({ ...env, KAFKA_BROKERS: proxy.address });
  return { installation, proxy, running, token: installation.token(0) };
}

/** The states that /healthz tells, each once as they come, and whether it called the process alive in each; until the process ends. */
function statesOf(running: SpawnedService): [state: string, alive: boolean][] {
  const seen: [string, boolean][] = [];
  const end = new AbortController();
  void running.exited.then(() => end.abort());
  void (async () => {
    for (; !end.signal.aborted; await sleep(pollMs)) {
      const health = await running.health().catch(() => undefined);
      if (health && health.state !== seen.at(-1)?.[0]) seen.push([health.state, health.alive]);
    }
  })();
  return seen;
}

describe('a process that makes no progress', () => {
  test('though the brokers answer it is stuck: it says so, and ends with 75', async (t) => {
    const { installation, proxy, running, token } = await behindProxy(t);
    const states = statesOf(running);
    await installation.produce({ token });
    await until(async () => (await installation.trades(token)) === 1);
    proxy.tap = { request: (_, call) => call !== fetchCall };
    await installation.produce({ token });
    assert.deepEqual(await running.exited, { code: 75, signal: null });
    assert.ok(running.logs.some((line) => /"level":"fatal".*"code":"STUCK"/.test(line)));
    assert.deepEqual(states.at(0), ['serving', true]);
    assert.deepEqual(states.at(-1), ['stuck', false]);
    // A new process goes on where that one stood.
    await installation.startReady(env);
    await until(async () => (await installation.trades(token)) === 2);
  });

  test('because the brokers do not answer waits for them, however long, and goes on', async (t) => {
    const { installation, proxy, running, token } = await behindProxy(t);
    const states = statesOf(running);
    await installation.produce({ token });
    await until(async () => (await installation.trades(token)) === 1);
    proxy.pause();
    await installation.produce({ token });
    await until(() => states.at(-1)?.[0] === 'waiting');
    // Longer than what is called stuck.
    await sleep(15_000);
    assert.deepEqual(states, [
      ['serving', true],
      ['waiting', true],
    ]);
    proxy.resume();
    await until(async () => (await installation.trades(token)) === 2);
    await until(() => states.at(-1)?.[0] === 'serving');
  });
});
