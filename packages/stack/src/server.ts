import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '@tidemark/runtime';
import { logTail } from './log-tail.ts';
import { type ProcessRegistry, sendSignal } from './process-registry.ts';

/** How one server is run. */
export interface ServerSpec {
  name: string;
  command: string;
  args: string[];
  cwd: string;
  env?: NodeJS.ProcessEnv;
  /** The user that the server runs as, when it is another one. */
  user?: { uid: number; gid: number } | undefined;
  /** Receives what the server prints. */
  outputFile: string;
  /** Where the server says what went wrong; `outputFile` unless it keeps a log of its own. */
  logFile?: string;
  stopSignal: NodeJS.Signals;
  startTimeoutMs: number;
  stopTimeoutMs: number;
  /** Runs before each start, also after a kill. */
  beforeStart?(): Promise<void>;
  /** Resolves when the server answers as a client would need it to, rejects when it does not yet. */
  probe(): Promise<unknown>;
}

/** A server under control. It can be stopped or killed, and started again on the same port and data. */
export interface ServerHandle {
  readonly name: string;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  /** Resolves when it answers. @throws CodedError SERVER_FAILED with the end of its log. */
  start(): Promise<void>;
  /** Ends it in good order, by force past a bound. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

const pollMs = 100;
const outputLimitBytes = 10 * 1_048_576;
const linesOnFailure = 20;

export function createServer(
  spec: ServerSpec,
  registry: ProcessRegistry,
  onExit: (message: string) => void,
): ServerHandle {
  let running: { child: ChildProcess; exited: Promise<void>; expected: boolean } | undefined;

  function launch(): NonNullable<typeof running> {
    rotate(spec.outputFile);
    const output = openSync(spec.outputFile, 'a');
    // A session of its own: Ctrl-C in the terminal reaches the launcher alone, which then stops everything in order.
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: spec.env ?? process.env,
      detached: true,
      stdio: ['ignore', output, output],
      ...spec.user,
    });
    if (child.pid !== undefined) registry.add('server', spec.name, child.pid, spec.stopSignal);
    closeSync(output);
    const state = { child, expected: false, exited: Promise.resolve() };
    state.exited = new Promise((resolve) => {
      const ended = (message: string) => {
        if (running === state) running = undefined;
        registry.remove(spec.name);
        if (!state.expected) onExit(message);
        resolve();
      };
      child.once('error', (error) => ended(`${spec.name} could not be run: ${error.message}`));
      child.once('exit', (code, signal) => ended(`${spec.name} ended (${signal ?? `exit ${code}`})`));
    });
    return state;
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const state = running;
    if (state?.child.pid === undefined) return;
    state.expected = true;
    sendSignal(state.child.pid, signal);
    const force = setTimeout(() => state.child.kill('SIGKILL'), spec.stopTimeoutMs);
    await state.exited;
    clearTimeout(force);
  }

  return {
    name: spec.name,
    get pid() {
      return running?.child.pid;
    },
    async start() {
      if (running) return;
      await spec.beforeStart?.();
      const state = launch();
      running = state;
      await untilHealthy(spec, () => running === state).catch(async (error: unknown) => {
        state.expected = true;
        await end('SIGKILL');
        throw error;
      });
    },
    stop: () => end(spec.stopSignal),
    kill: () => end('SIGKILL'),
  };
}

async function untilHealthy(spec: ServerSpec, runs: () => boolean): Promise<void> {
  const deadline = performance.now() + spec.startTimeoutMs;
  let reason = '';
  while (runs() && performance.now() < deadline) {
    try {
      await spec.probe();
      return;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    await sleep(pollMs);
  }
  const file = spec.logFile && existsSync(spec.logFile) ? spec.logFile : spec.outputFile;
  const what = runs() ? `did not answer within ${spec.startTimeoutMs} ms (${reason})` : 'ended at start';
  throw new CodedError(
    'SERVER_FAILED',
    `${spec.name} ${what}; the end of ${file}:\n${await logTail(file, linesOnFailure)}`,
  );
}

/** Keeps one earlier file: these servers print little to their output. */
function rotate(file: string): void {
  if (existsSync(file) && statSync(file).size > outputLimitBytes) renameSync(file, `${file}.1`);
}
