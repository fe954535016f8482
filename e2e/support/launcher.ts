import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessRegistry, removePostgresData, sendSignal } from '@tidemark/stack';
import type { StackFile } from '../../launcher/src/stack-file.ts';

export interface RunningLauncher {
  /** The process that `npm start` runs, leader of a process group as in a terminal. */
  child: ChildProcess;
  exited: Promise<number | null>;
  /** All that it printed so far. */
  output(): string;
  /** Resolves once stack.json says that all is ready; rejects, with the output, when it ends before. */
  ready(): Promise<StackFile>;
  /** A signal to the whole group, as the terminal sends Ctrl-C. */
  signalGroup(signal: NodeJS.Signals): void;
}

const launch = join(import.meta.dirname, '..', '..', 'launcher', 'launch.mjs');
const pollMs = 100;

/** Runs of `npm start` in a directory of their own, which is removed with all that still runs there. */
export class LauncherDirectory {
  readonly dir = mkdtempSync(join(tmpdir(), 'tidemark-e2e-'));
  readonly #launchers: RunningLauncher[] = [];

  constructor() {
    // As root, Postgres runs as another user, who must be able to enter.
    chmodSync(this.dir, 0o711);
  }

  start(args: string[] = [], env: NodeJS.ProcessEnv = {}): RunningLauncher {
    const child = spawn(process.execPath, [launch, 'start', ...args], {
      env: { ...process.env, TIDEMARK_DIR: this.dir, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    }
    const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
    const launcher: RunningLauncher = {
      child,
      exited,
      output: () => output,
      ready: () => this.#untilReady(launcher),
      signalGroup: (signal) => void process.kill(-child.pid!, signal),
    };
    this.#launchers.push(launcher);
    return launcher;
  }

  stackFile(): StackFile | undefined {
    try {
      return JSON.parse(readFileSync(this.#stackFilePath(), 'utf8')) as StackFile;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  stackFileMode(): number {
    return statSync(this.#stackFilePath()).mode & 0o777;
  }

  /** Servers and services that run in the directory. */
  processes() {
    return new ProcessRegistry(this.dir).alive();
  }

  async dispose(): Promise<void> {
    for (const { child, exited } of this.#launchers) {
      if (child.exitCode === null && child.signalCode === null) sendSignal(-child.pid!, 'SIGKILL');
      await exited;
    }
    await new ProcessRegistry(this.dir).endOrphans(() => undefined);
    await removePostgresData(this.dir);
    rmSync(this.dir, { recursive: true });
  }

  async #untilReady(launcher: RunningLauncher): Promise<StackFile> {
    let ended = false;
    const end = launcher.exited.then(() => (ended = true));
    for (;;) {
      const file = this.stackFile();
      if (file) return file;
      if (ended) throw new Error(`the launcher ended before all was ready; it printed:\n${launcher.output()}`);
      await Promise.race([sleep(pollMs), end]);
    }
  }

  #stackFilePath(): string {
    return join(this.dir, 'stack.json');
  }
}

/** Resolves to the first result that is not undefined. The test's own timeout is the bound. */
export async function eventually<T>(attempt: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const result = await attempt();
    if (result !== undefined) return result;
    await sleep(pollMs);
  }
}
