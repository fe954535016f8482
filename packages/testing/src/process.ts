import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

type End = { code: number | null; signal: NodeJS.Signals | null };

/** A service as a process, which may not be ready yet, or never. */
export interface SpawnedService {
  name: string;
  pid: number;
  /** Base URL of /healthz, /readyz and /metrics, once it listens. */
  admin: Promise<string>;
  /** What it printed, the newest lines last; bounded. */
  logs: string[];
  exited: Promise<End>;
  /** What /readyz says it waits for; nothing when it is ready. */
  waitingFor(): Promise<string[]>;
  /** What /healthz says. */
  health(): Promise<{ alive: boolean; state: string }>;
  /** Sends the signal (SIGTERM unless given) and resolves when the process has ended. */
  kill(signal?: NodeJS.Signals): Promise<End>;
}

/** A service that was ready. */
export type ServiceProcess = Omit<SpawnedService, 'admin'> & { admin: string };

export interface ServiceProcessOptions {
  /** Ends the process after that test, and prints its logs when the test failed. */
  test?: TestContext;
  readyTimeoutMs?: number;
}

const repository = join(import.meta.dirname, '..', '..', '..');
const pollMs = 50;
const logLimitLines = 5_000;
const linesOnFailure = 60;

/**
 * Runs `services/<name>/src/main.ts` with the settings given beside those of this process, on a free admin port. `nodeArgs` come
 * before the script.
 */
export function spawnService(name: string, env: Record<string, string>, nodeArgs: string[] = []): SpawnedService {
  const main = join(repository, 'services', name, 'src', 'main.ts');
  const child = spawn(process.execPath, [...nodeArgs, main], {
    env: { ...process.env, HOST: '127.0.0.1', ADMIN_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<End>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const { logs, admin } = collectLogs(child);
  return {
    name,
    pid: child.pid!,
    admin,
    logs,
    exited,
    async waitingFor() {
      const answer = await fetch(`${await admin}/readyz`);
      return ((await answer.json()) as { waitingFor: string[] }).waitingFor;
    },
    async health() {
      const answer = await fetch(`${await admin}/healthz`);
      return { alive: answer.ok, state: ((await answer.json()) as { state: string }).state };
    },
    kill(signal = 'SIGTERM') {
      child.kill(signal);
      return exited;
    },
  };
}

/**
 * As `spawnService`, and resolves once it is ready. Rejects, with the end of its logs, when it exits first or is not ready in
 * time.
 */
export async function startService(
  name: string,
  env: Record<string, string>,
  { test, readyTimeoutMs = 60_000 }: ServiceProcessOptions = {},
): Promise<ServiceProcess> {
  const service = spawnService(name, env);
  const { logs, exited, kill } = service;
  const tail = () => `${name} (pid ${service.pid}) printed last:\n${logs.slice(-linesOnFailure).join('\n')}`;
  test?.after(async () => {
    await kill();
    // In Node since 21.7, but not in its types.
    if ((test as { error?: unknown }).error) test.diagnostic(tail());
  });

  const givenUp = new AbortController();
  const tooLate = sleep(readyTimeoutMs, undefined, { signal: givenUp.signal, ref: false }).then(() => {
    throw new Error(`${name} was not ready within ${readyTimeoutMs} ms`);
  });
  const ended = exited.then(({ code, signal }) => {
    throw new Error(`${name} ended (${signal ?? `exit ${code}`}) before it was ready`);
  });
  ended.catch(() => undefined);
  tooLate.catch(() => undefined);
  try {
    const admin = await Promise.race([readyAt(service.admin, givenUp.signal), ended, tooLate]);
    return { ...service, admin };
  } catch (error) {
    void kill('SIGKILL');
    throw new Error(`${(error as Error).message}; ${tail()}`, { cause: error });
  } finally {
    givenUp.abort();
  }
}

/** Keeps the lines printed, and finds the admin URL in the line that announces it. */
function collectLogs(child: ChildProcess): { logs: string[]; admin: Promise<string> } {
  const logs: string[] = [];
  const admin = new Promise<string>((resolve) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        logs.push(line);
        if (logs.length > logLimitLines) logs.shift();
        const url = /"admin":"(http:[^"]+)"/.exec(line)?.[1];
        if (url) resolve(url);
      });
    }
  });
  return { logs, admin };
}

async function readyAt(admin: Promise<string>, signal: AbortSignal): Promise<string> {
  const url = await admin;
  while (!signal.aborted) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) break;
    await sleep(pollMs);
  }
  return url;
}
