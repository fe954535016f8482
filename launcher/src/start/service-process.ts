import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessRegistry } from '@tidemark/stack';
import { repository } from '../repository.ts';
import type { ServiceSpec } from './services.ts';

export interface ServiceExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** One run of a service. */
export interface ServiceProcess {
  pid: number;
  /** Base URL of its admin port. */
  admin: string;
  startedMs: number;
  exited: Promise<ServiceExit>;
  /** Does nothing once it has ended: another process may have its id by then. */
  send(signal: NodeJS.Signals): void;
}

const readyPollMs = 150;
const answerTimeoutMs = 2_000;

export interface LaunchOptions {
  adminPort: number;
  log: Writable;
  registry: ProcessRegistry;
}

export function launchService({ name, service, env }: ServiceSpec, options: LaunchOptions): ServiceProcess {
  const { adminPort, log, registry } = options;
  // A session of its own, like the servers: Ctrl-C is the launcher's, which stops all in order.
  const child = spawn(process.execPath, [join(repository, 'services', service, 'src', 'main.ts')], {
    cwd: repository,
    env: { ...process.env, ...env, ADMIN_PORT: String(adminPort) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  if (child.pid === undefined) throw new Error(`${name} could not be run`);
  registry.add('service', name, child.pid, 'SIGTERM');
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return {
    pid: child.pid,
    admin: `http://127.0.0.1:${adminPort}`,
    startedMs: performance.now(),
    exited: exitOf(child).finally(() => registry.remove(name)),
    send: (signal) => void child.kill(signal),
  };
}

/** Resolves once the process is gone and all that it printed has been read. */
function exitOf(child: ChildProcess): Promise<ServiceExit> {
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

/** Asks it to end, and ends it when it takes longer than the bound. */
export async function endService({ send, exited }: ServiceProcess, boundMs: number): Promise<void> {
  send('SIGTERM');
  const force = setTimeout(() => send('SIGKILL'), boundMs);
  await exited;
  clearTimeout(force);
}

/**
 * Resolves to true once the service says that it is ready, to false when it ended first or the signal was raised.
 * `onWait` is told what it waits for.
 */
export async function untilReady(
  { admin, exited }: ServiceProcess,
  { signal, onWait }: { signal: AbortSignal; onWait: (waitingFor: string[]) => void },
): Promise<boolean> {
  const ended = new AbortController();
  void exited.then(() => ended.abort());
  const over = AbortSignal.any([ended.signal, signal]);
  while (!over.aborted) {
    const answer = await fetch(`${admin}/readyz`, { signal: AbortSignal.timeout(answerTimeoutMs) }).catch(
      () => undefined,
    );
    if (answer) {
      const { waitingFor = [] } = (await answer.json().catch(() => ({}))) as { waitingFor?: string[] };
      if (answer.ok) return true;
      onWait(waitingFor);
    }
    await sleep(readyPollMs);
  }
  return false;
}
