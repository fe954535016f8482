import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { Counter, Registry } from 'prom-client';
import { startAdmin } from './admin.ts';
import { Readiness } from './readiness.ts';

async function start(t: TestContext) {
  const metrics = new Registry();
  const readiness = new Readiness('start');
  const admin = await startAdmin({ host: '127.0.0.1', port: 0, metrics, readiness });
  t.after(() => admin.close());
  const get = async (path: string) => {
    const response = await fetch(`${admin.url}${path}`);
    return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.text() };
  };
  return { admin, metrics, readiness, get };
}

describe('the admin port', () => {
  test('/healthz answers 200 as long as the process answers, ready or not', async (t) => {
    const { get } = await start(t);
    const { status, body } = await get('/healthz');
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(body), { status: 'ok', state: 'starting' });
  });

  test('/healthz is 503 when the service cannot go on by itself', async (t) => {
    const { get, readiness } = await start(t);
    readiness.stuck();
    const { status, body } = await get('/healthz');
    assert.equal(status, 503);
    assert.deepEqual(JSON.parse(body), { status: 'stuck', state: 'stuck' });
  });

  test('/readyz is 503 with everything that is waited for, and 200 once nothing is', async (t) => {
    const { get, readiness } = await start(t);
    readiness.waitFor('partition 3');
    readiness.waitFor('partition 3');
    const waiting = await get('/readyz?verbose');
    assert.equal(waiting.status, 503);
    assert.deepEqual(JSON.parse(waiting.body), {
      status: 'waiting',
      state: 'starting',
      waitingFor: ['start', 'partition 3'],
    });
    readiness.done('start');
    readiness.done('partition 3');
    readiness.done('never waited for');
    const ready = await get('/readyz');
    assert.equal(ready.status, 200);
    assert.deepEqual(JSON.parse(ready.body), { status: 'ready', state: 'serving', waitingFor: [] });
    readiness.waitFor('partition 4');
    assert.equal((await get('/readyz')).status, 503);
  });

  test('/metrics is Prometheus text; a collector that fails is a 500', async (t) => {
    const { get, metrics } = await start(t);
    new Counter({ name: 'swaps_total', help: 'Swaps.', registers: [metrics] }).inc(7);
    const { status, type, body } = await get('/metrics');
    assert.equal(status, 200);
    assert.match(type, /^text\/plain/);
    assert.match(body, /^swaps_total 7$/m);
    const broken = new Counter({
      name: 'broken_total',
      help: 'Broken.',
      registers: [metrics],
      collect: () => {
        throw new Error('no figures');
      },
    });
    broken.inc();
    assert.equal((await get('/metrics')).status, 500);
  });

  test('another path is a 404 that names those there are', async (t) => {
    const { get } = await start(t);
    const { status, body } = await get('/');
    assert.equal(status, 404);
    assert.match(body, /\/healthz, \/readyz and \/metrics/);
  });

  test('a port that is taken is PORT_TAKEN', async (t) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    t.after(() => other.close());
    const { port } = other.address() as AddressInfo;
    await assert.rejects(startAdmin({ host: '127.0.0.1', port, metrics: new Registry(), readiness: new Readiness() }), {
      code: 'PORT_TAKEN',
      message: `port ${port} on 127.0.0.1 is taken`,
    });
  });

  test('close ends connections that a client keeps alive', async () => {
    const admin = await startAdmin({ host: '127.0.0.1', port: 0, metrics: new Registry(), readiness: new Readiness() });
    await (await fetch(`${admin.url}/healthz`)).text();
    await admin.close();
    await assert.rejects(fetch(`${admin.url}/healthz`));
  });
});
