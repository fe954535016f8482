import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { isFree, isSameProcess, PortPicker } from '@tidemark/stack';
import { isolate } from '@tidemark/testing';
import type { StackFile } from '../launcher/src/stack-file.ts';
import { eventually, LauncherDirectory, type RunningLauncher } from './support/launcher.ts';

async function isReady(admin: string): Promise<true | undefined> {
  const answer = await fetch(`${admin}/readyz`).catch(() => undefined);
  return answer?.ok || undefined;
}

/** Records counted so far, over all partitions. */
async function counted({ api }: StackFile): Promise<number> {
  const answer = await fetch(`${api}/v1/status`);
  assert.equal(answer.status, 200);
  const { partitions } = (await answer.json()) as { partitions: { counted: number }[] };
  return partitions.reduce((sum, partition) => sum + partition.counted, 0);
}

describe('npm start', () => {
  const directory = new LauncherDirectory();
  let launcher: RunningLauncher;
  let stack: StackFile;
  after(() => directory.dispose());

  test('says in one file, for its owner alone, where all that is ready can be reached', async () => {
    launcher = directory.start(['--aggregators', '2', '--rate', '200']);
    stack = await launcher.ready();
    assert.equal(directory.stackFileMode(), 0o600);
    assert.deepEqual(
      stack.services.map(({ name }) => name),
      ['aggregator-1', 'aggregator-2', 'recorder', 'api', 'gateway', 'producer'],
    );
    for (const { admin } of stack.services) assert.ok(await isReady(admin), admin);
    for (const address of [stack.api, stack.gateway, stack.kafka[0]!, stack.postgres, stack.redis]) {
      assert.match(address, /127\.0\.0\.1:\d+/);
    }
  });

  test('comes to live statistics', async () => {
    const token = await eventually(async () => {
      const answer = await fetch(`${stack.api}/v1/tokens?window=5m&sort=volumeUsd&limit=1`);
      const { items } = (await answer.json()) as { items: { windows: Record<string, { trades: number }> }[] };
      return items[0];
    });
    assert.ok(token.windows['5m']!.trades > 0);
  });

  test('prints commands that work, and no table when it is not at a terminal', async () => {
    const address = await eventually(() => /curl '([^']+)'/.exec(launcher.output())?.[1]);
    assert.equal((await fetch(address)).status, 200);
    assert.equal(launcher.output().includes('\u001B'), false);
  });

  test('runs once in a directory: the second says which process runs where', async () => {
    const second = directory.start();
    assert.equal(await second.exited, 78);
    assert.match(second.output(), /ALREADY_RUNNING: already running in .*: pid \d+, http:.*, ws:/);
    assert.ok(second.output().includes(stack.api));
  });

  test('replaces a service that is killed, and says so', async () => {
    const killed = stack.services.find(({ name }) => name === 'aggregator-1')!;
    process.kill(killed.pid, 'SIGKILL');
    const replacement = await eventually(() =>
      directory.stackFile()?.services.find(({ name, pid }) => name === 'aggregator-1' && pid !== killed.pid),
    );
    await eventually(() => isReady(replacement.admin));
    assert.match(launcher.output(), /aggregator-1 was ended by SIGKILL; it is started again in 1 s/);
    assert.equal(directory.stackFileMode(), 0o600);
  });

  test('brings back a server that is killed', async () => {
    const redis = directory.processes().find(({ name }) => name === 'redis')!;
    process.kill(redis.pid, 'SIGKILL');
    await eventually(() => directory.processes().find(({ name, pid }) => name === 'redis' && pid !== redis.pid));
  });

  test('goes on after a kill of the launcher, once it has ended what was left', async () => {
    const before = await eventually(async () => (await counted(stack)) || undefined);
    const orphans = directory.processes();
    assert.equal(orphans.length, 9);
    launcher.signalGroup('SIGKILL');
    await launcher.exited;

    launcher = directory.start(['--source', 'none']);
    await eventually(() => (/Tidemark starts in/.test(launcher.output()) ? true : undefined));
    stack = await eventually(() => {
      const file = directory.stackFile();
      return file?.services.some(({ name }) => name === 'producer') ? undefined : file;
    });
    assert.deepEqual(orphans.filter(isSameProcess), []);
    await eventually(async () => (await counted(stack)) >= before || undefined);
  });

  test('ends with its launch script, when that alone is killed', async () => {
    const processes = directory.processes();
    assert.equal(processes.length, 7);
    launcher.child.kill('SIGKILL');
    await eventually(() => (processes.some(isSameProcess) ? undefined : true));
    await eventually(() => (directory.stackFile() === undefined ? true : undefined));
  });

  test('stops cleanly at Ctrl-C: exit 0, no process, no open port, no stack.json', async () => {
    launcher = directory.start(['--source', 'none']);
    stack = await launcher.ready();
    const processes = directory.processes();
    launcher.signalGroup('SIGINT');
    assert.equal(await launcher.exited, 0, launcher.output());
    assert.deepEqual(processes.filter(isSameProcess), []);
    assert.equal(directory.stackFile(), undefined);
    for (const address of [stack.api, stack.gateway, stack.kafka[0]!, stack.postgres, stack.redis]) {
      assert.ok(await isFree(Number(/127\.0\.0\.1:(\d+)/.exec(address)![1])), address);
    }
  });

  test('begins anew with --reset', async () => {
    launcher = directory.start(['--source', 'none', '--reset']);
    stack = await launcher.ready();
    assert.equal(await counted(stack), 0);
    launcher.signalGroup('SIGINT');
    assert.equal(await launcher.exited, 0, launcher.output());
  });
});

describe('npm start on servers that run elsewhere', () => {
  const directory = new LauncherDirectory();
  after(() => directory.dispose());

  test('starts the services alone, and leaves the servers running', async (t) => {
    const elsewhere = await isolate();
    t.after(() => elsewhere.dispose());
    const launcher = directory.start(['--source', 'none'], { ...elsewhere.env, PATH: '/nowhere' });
    const stack = await launcher.ready();
    assert.deepEqual(
      directory.processes().map(({ name }) => name),
      ['aggregator-1', 'api', 'gateway', 'recorder'],
    );
    assert.deepEqual(stack.kafka, elsewhere.kafkaBrokers);
    launcher.signalGroup('SIGTERM');
    assert.equal(await launcher.exited, 0, launcher.output());
    assert.equal(await isFree(Number(new URL(elsewhere.redisUrl).port)), false);
  });
});

describe('npm start refuses', () => {
  const directory = new LauncherDirectory();
  after(() => directory.dispose());

  async function refusal(args: string[], env: NodeJS.ProcessEnv): Promise<string> {
    const launcher = directory.start(args, env);
    assert.equal(await launcher.exited, 78);
    assert.deepEqual(directory.processes(), []);
    return launcher.output();
  }

  test('a port that was set and is taken, before anything starts', async () => {
    const port = await new PortPicker().free();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port }, resolve));
    try {
      assert.match(await refusal([], { GATEWAY_PORT: String(port) }), new RegExp(`PORT_TAKEN: GATEWAY_PORT=${port}`));
    } finally {
      server.close();
    }
  });

  test('a directory of another layout, and names the way out', async () => {
    writeFileSync(join(directory.dir, 'VERSION'), '99\n');
    assert.match(await refusal([], {}), /DIRECTORY_INCOMPATIBLE: .* has layout 99, .*--reset/);
  });

  test('a directory that is not its own, also to delete it', async () => {
    const foreign = import.meta.dirname;
    assert.match(await refusal([], { TIDEMARK_DIR: foreign }), /DIRECTORY_FOREIGN: .*set TIDEMARK_DIR/);
    assert.match(await refusal(['--reset'], { TIDEMARK_DIR: foreign }), /DIRECTORY_FOREIGN/);
  });
});
