import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PortPicker, ProcessRegistry } from '@tidemark/stack';
import { describeExit, healthyMs, pauseMs, verdictOf } from './restart-policy.ts';
import { endService, launchService, type ServiceExit, type ServiceProcess, untilReady } from './service-process.ts';
import type { ServiceSpec } from './services.ts';

export interface SupervisedServiceOptions {
  spec: ServiceSpec;
  log: Writable;
  registry: ProcessRegistry;
  ports: PortPicker;
  print: (line: string) => void;
  /** The last thing that it logged as an error, if any. */
  lastError: () => Promise<string>;
  /** Told when a new process has taken the place of one, or the service is gone for good. */
  onChange: () => void;
}

const stopBoundMs = 25_000;
const waitReportMs = 5_000;

/** Keeps one service running: a process that ends unasked is replaced, with growing pauses, unless that cannot help. */
export class SupervisedService {
  readonly name: string;
  /** Resolves to true when it is ready for the first time, or has done its work; to false when it ended for good before. */
  readonly ready: Promise<boolean>;
  readonly #options: SupervisedServiceOptions;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #current: ServiceProcess | undefined;

  constructor(options: SupervisedServiceOptions) {
    this.name = options.spec.name;
    this.#options = options;
    const ready = Promise.withResolvers<boolean>();
    this.ready = ready.promise;
    this.#ended = this.#superviseUntilEnd(ready.resolve).finally(() => ready.resolve(false));
  }

  /** Undefined once it is gone for good. */
  get process(): { name: string; pid: number; admin: string } | undefined {
    return this.#current && { name: this.name, pid: this.#current.pid, admin: this.#current.admin };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#current) await endService(this.#current, stopBoundMs);
    await this.#ended;
  }

  async #superviseUntilEnd(onReady: (ready: boolean) => void): Promise<void> {
    const { spec, log, registry, ports, onChange } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      const adminPort = await ports.free();
      if (signal.aborted) return;
      const run = launchService(spec, { adminPort, log, registry });
      const isReplacement = this.#current !== undefined;
      this.#current = run;
      if (isReplacement) onChange();
      void this.#announceReady(run, isReplacement).then((ready) => ready && onReady(true));

      const exit = await run.exited;
      if (signal.aborted) return;
      failures = performance.now() - run.startedMs > healthyMs ? 1 : failures + 1;
      if (verdictOf(exit) === 'finished') onReady(true);
      if (!(await this.#isToRestart(exit, failures))) break;
      await sleep(pauseMs(failures), undefined, { signal }).catch(() => undefined);
    }
    this.#current = undefined;
    onChange();
  }

  async #announceReady(run: ServiceProcess, isReplacement: boolean): Promise<boolean> {
    const { print } = this.#options;
    let reported = performance.now();
    const onWait = (waitingFor: string[]) => {
      if (performance.now() - reported < waitReportMs) return;
      reported = performance.now();
      print(`${this.name} waits for ${waitingFor.join(', ') || 'its start'}`);
    };
    const ready = await untilReady(run, { signal: this.#stopping.signal, onWait });
    const seconds = ((performance.now() - run.startedMs) / 1_000).toFixed(1);
    if (ready) print(`${this.name} is ready${isReplacement ? ' again' : ''} (pid ${run.pid}, ${seconds} s)`);
    return ready;
  }

  async #isToRestart(exit: ServiceExit, failures: number): Promise<boolean> {
    const { print, lastError } = this.#options;
    const verdict = verdictOf(exit);
    const reason = verdict === 'finished' ? '' : await lastError();
    const next = {
      finished: '',
      hopeless: '; it is not started again',
      restart: `; it is started again in ${pauseMs(failures) / 1_000} s`,
    }[verdict];
    print(`${this.name} ${describeExit(exit)}${next}${reason && `\n    ${reason}`}`);
    return verdict === 'restart';
  }
}
