import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { identifyProcess } from './process-identity.ts';
import { ProcessRegistry } from './process-registry.ts';

describe('orphans on record', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-registry-'));
  const children: ChildProcess[] = [];
  after(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(dir, { recursive: true });
  });

  function sleeper(): ChildProcess & { pid: number } {
    const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    children.push(child);
    return child as ChildProcess & { pid: number };
  }

  test('are ended, services before servers', async () => {
    const registry = new ProcessRegistry(dir);
    const [server, service] = [sleeper(), sleeper()];
    registry.add('server', 'kafka', server.pid, 'SIGTERM');
    registry.add('service', 'aggregator-1', service.pid, 'SIGTERM');
    const ended: string[] = [];
    await registry.endOrphans((message) => ended.push(/ends (\S+)/.exec(message)![1]!));
    assert.deepEqual(ended, ['aggregator-1', 'kafka']);
    assert.equal(identifyProcess(server.pid), undefined);
    assert.equal(identifyProcess(service.pid), undefined);
    assert.deepEqual(registry.alive(), []);
  });

  test('are left alone when another process has their id by now', async () => {
    const registry = new ProcessRegistry(dir);
    const innocent = sleeper();
    registry.add('server', 'redis', innocent.pid, 'SIGTERM');
    const file = join(dir, 'run', 'redis.json');
    const record = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...record, startedAt: 'another boot:1' }));
    await registry.endOrphans(() => undefined);
    assert.notEqual(identifyProcess(innocent.pid), undefined);
  });
});

test('a process is told apart by when it started', () => {
  const own = identifyProcess(process.pid);
  assert.equal(own?.pid, process.pid);
  assert.equal(own?.startedAt, identifyProcess(process.pid)?.startedAt);
  assert.notEqual(own?.startedAt, identifyProcess(process.ppid)?.startedAt);
});
