import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const fixture = join(import.meta.dirname, 'fixture-service.ts');

/** Runs the fixture as a process; `printed` waits for a line, from the first on. */
function run(t: TestContext, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [fixture], {
    env: { PATH: process.env['PATH'], ADMIN_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  const waiters = new Set<() => void>();
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => {
    lines.push(line);
    for (const wake of waiters) wake();
  });
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (code, signal) => {
      resolve({ code, signal });
      for (const wake of waiters) wake();
    }),
  );
  const printed = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const line = lines.find((one) => pattern.test(one));
        if (line !== undefined) resolve(line);
        else if (child.exitCode !== null) reject(new Error(`ended without ${pattern}:\n${lines.join('\n')}`));
      };
      waiters.add(look);
      look();
    });
  return { child, lines, ended, printed };
}

const messages = (lines: string[]) =>
  lines.filter((line) => line.startsWith('{')).map((line) => String((JSON.parse(line) as { msg?: string }).msg));

describe('a service as a process', () => {
  test('settings that are not usable end it with 78 and the whole list, before it starts anything', async (t) => {
    const { ended, lines } = run(t, { ADMIN_PORT: 'x', STOP_TIMEOUT: 'soon', TIDEMARK_COLOUR: 'red' });
    assert.deepEqual(await ended, { code: 78, signal: null });
    assert.equal(lines.length, 1);
    const { level, error } = JSON.parse(lines[0]!) as { level: string; error: { message: string; code: string } };
    assert.equal(level, 'fatal');
    assert.equal(error.code, 'SETTINGS_INVALID');
    for (const name of ['ADMIN_PORT', 'STOP_TIMEOUT', 'TIDEMARK_COLOUR']) assert.match(error.message, new RegExp(name));
  });

  test('its settings are in the first log line, secrets masked', async (t) => {
    const { printed, lines } = run(t, { API_TOKEN: 'very-secret', SERVICE_INSTANCE: 'fixture-7' });
    const { settings, instance } = JSON.parse(await printed(/"msg":"settings"/)) as {
      settings: Record<string, unknown>;
      instance: string;
    };
    assert.equal(instance, 'fixture-7');
    assert.equal(settings['API_TOKEN'], '***');
    assert.equal(settings['STOP_TIMEOUT'], 20_000);
    assert.doesNotMatch(lines.join('\n'), /very-secret/);
  });

  test('is told apart from replicas by its host where its name says so', async (t) => {
    const { printed } = run(t, { SERVICE_INSTANCE: 'fixture-{host}' });
    const { instance } = JSON.parse(await printed(/"msg":"settings"/)) as { instance: string };
    assert.equal(instance, `fixture-${hostname()}`);
  });

  test('is ready once it has started', async (t) => {
    const { printed } = run(t);
    const { admin } = JSON.parse(await printed(/"admin":/)) as { admin: string };
    await printed(/"msg":"started"/);
    assert.equal((await fetch(`${admin}/readyz`)).status, 200);
    assert.match(await (await fetch(`${admin}/metrics`)).text(), /process_cpu_seconds_total\{.*service="fixture"/);
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    test(`${signal} closes it, waits for that, and exits with 0`, async (t) => {
      const { child, printed, ended, lines } = run(t);
      await printed(/"msg":"started"/);
      child.kill(signal);
      assert.deepEqual(await ended, { code: 0, signal: null });
      assert.ok(lines.includes('fixture: closed'));
      assert.deepEqual(messages(lines).slice(-2), [`stopping on ${signal}`, 'stopped']);
    });
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    test(`${signal} while its modules are still loaded ends it with 0 at once`, async (t) => {
      const { child, printed, ended, lines } = run(t, { LOAD: 'never' });
      await printed(/fixture: loading/);
      child.kill(signal);
      assert.deepEqual(await ended, { code: 0, signal: null });
      assert.deepEqual(lines, ['fixture: loading']);
    });
  }

  test('SIGTERM while it starts aborts the start and exits with 0', async (t) => {
    const { child, printed, ended, lines } = run(t, { START: 'never' });
    await printed(/fixture: starting/);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 0, signal: null });
    assert.ok(!lines.includes('fixture: closing'), 'there is nothing to close yet');
  });

  test('SIGTERM during a start that does not heed it closes what came of it', async (t) => {
    const { child, printed, ended, lines } = run(t, { START: 'heedless' });
    await printed(/fixture: starting/);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 0, signal: null });
    assert.ok(lines.includes('fixture: closed'));
  });

  test('a start that a person has to mend exits with 78', async (t) => {
    const { ended, lines } = run(t, { START: 'fails' });
    assert.deepEqual(await ended, { code: 78, signal: null });
    assert.match(lines.join('\n'), /"code":"TOPIC_MISMATCH"/);
  });

  test('an admin port that is taken exits with 78, before the service starts', async (t) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    t.after(() => other.close());
    const { ended, lines } = run(t, { ADMIN_PORT: String((other.address() as AddressInfo).port) });
    assert.deepEqual(await ended, { code: 78, signal: null });
    assert.match(lines.join('\n'), /"code":"PORT_TAKEN"/);
    assert.ok(!lines.includes('fixture: starting'));
  });

  test('a failure in the background that can pass closes it and exits with 75', async (t) => {
    const { ended, lines } = run(t, { RUN: 'fails' });
    assert.deepEqual(await ended, { code: 75, signal: null });
    assert.match(lines.join('\n'), /"code":"CONSUMER_CRASHED"/);
    assert.ok(lines.includes('fixture: closed'));
  });

  for (const defect of ['throws', 'rejects']) {
    test(`a defect that nothing catches (${defect}) closes it and exits with 70`, async (t) => {
      const { ended, lines } = run(t, { RUN: defect });
      assert.deepEqual(await ended, { code: 70, signal: null });
      assert.ok(messages(lines).includes('a defect'));
      assert.ok(lines.includes('fixture: closed'));
    });
  }

  test('a close that fails is logged; the exit code stays that of the failure before it', async (t) => {
    const stopped = run(t, { CLOSE: 'fails' });
    await stopped.printed(/"msg":"started"/);
    stopped.child.kill('SIGTERM');
    assert.deepEqual(await stopped.ended, { code: 70, signal: null });
    assert.ok(messages(stopped.lines).includes('the stop failed: cannot close'));
    const failed = run(t, { RUN: 'fails', CLOSE: 'fails' });
    assert.deepEqual(await failed.ended, { code: 75, signal: null });
  });

  test('a close that takes longer than STOP_TIMEOUT is cut off, and said so', async (t) => {
    const { child, printed, ended, lines } = run(t, { CLOSE: 'never', STOP_TIMEOUT: '200ms' });
    await printed(/"msg":"started"/);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 70, signal: null });
    assert.ok(messages(lines).includes('the stop took longer than STOP_TIMEOUT, 200 ms'));
  });

  test('a second signal ends it at once', async (t) => {
    const { child, printed, ended, lines } = run(t, { CLOSE: 'never' });
    await printed(/"msg":"started"/);
    child.kill('SIGTERM');
    await printed(/fixture: closing/);
    child.kill('SIGINT');
    assert.deepEqual(await ended, { code: 70, signal: null });
    assert.ok(messages(lines).includes('ended at once by a second signal, SIGINT'));
  });
});
