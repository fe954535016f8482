import { setTimeout as sleep } from 'node:timers/promises';
import { type SpawnedService, spawnService, startTcpProxy, type TcpProxy } from '@tidemark/testing';
import type { Installation } from '../../support/installation.ts';
import { clockPreload, evaluateIn } from './inspector.ts';

const restartMs = 500;
const pollMs = 50;
const configurationExitCode = 78;
const linesShown = 15;
const maxPastLines = 5_000;

/** What a rebalance gave a member, and what it had before and lost. */
export interface GroupAssignment {
  partitions: number[];
  lost: number[];
}

/** An aggregator under a supervisor, which starts it again when it ends; each server is behind a proxy of its own. */
export class Replica {
  readonly name: string;
  readonly kafka: TcpProxy;
  readonly postgres: TcpProxy;
  readonly redis: TcpProxy;
  readonly #env: Record<string, string>;
  #service: SpawnedService | undefined;
  /** False: it stays away until it is started again. */
  #wanted = false;
  /** Why the supervisor gave up. */
  failure: string | undefined;
  readonly #past: string[] = [];

  private constructor(
    name: string,
    env: Record<string, string>,
    proxies: Record<'kafka' | 'postgres' | 'redis', TcpProxy>,
  ) {
    this.name = name;
    this.#env = env;
    this.kafka = proxies.kafka;
    this.postgres = proxies.postgres;
    this.redis = proxies.redis;
  }

  static async create({ stack, env }: Installation, name: string): Promise<Replica> {
    const [database, redisUrl] = [new URL(stack.databaseUrl), new URL(stack.redisUrl)];
    const [kafka, postgres, redis] = await Promise.all([
      startTcpProxy({ target: stack.kafkaBrokers[0]!, protocol: 'kafka' }),
      startTcpProxy({ target: database.host, protocol: 'postgres' }),
      startTcpProxy({ target: redisUrl.host }),
    ]);
    database.host = postgres.address;
    redisUrl.host = redis.address;
    const own = {
      ...env,
      KAFKA_BROKERS: kafka.address,
      DATABASE_URL: database.href,
      REDIS_URL: redisUrl.href,
      SERVICE_INSTANCE: name,
    };
    return new Replica(name, own, { kafka, postgres, redis });
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** What it printed last, over all its lives. */
  get logs(): string[] {
    return [...this.#past, ...(this.#service?.logs ?? [])];
  }

  /** The lines like it that were logged since then, in ms by the wall clock: proof that a fault went the way it was meant to. */
  logged(pattern: RegExp, sinceMs: number): string[] {
    return this.logs.filter((line) => pattern.test(line) && timeOf(line) >= sinceMs);
  }

  /** What the group gave it since then, in ms by the wall clock, rebalance after rebalance. */
  assignments(sinceMs: number): GroupAssignment[] {
    return this.logged(/"msg":"partitions assigned"/, sinceMs).map((line) => JSON.parse(line) as GroupAssignment);
  }

  /** What its /readyz says it waits for. */
  async waitingFor(): Promise<string[]> {
    return this.#running.waitingFor();
  }

  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#spawn();
  }

  /** Sends a signal; the supervisor replaces what it ends. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Ends it with the signal, and it stays away. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#wanted = false;
    const service = this.#service;
    if (!service) return;
    // One that is frozen would not hear of it.
    if (signal !== 'SIGKILL') process.kill(service.pid, 'SIGCONT');
    await service.kill(signal);
  }

  /** Ends it with the signal, and the supervisor starts it again; resolves when the new one is ready. */
  async restart(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { exited } = this.#running;
    this.signal(signal);
    await exited;
    await this.ready();
  }

  /** Resolves when /readyz says so. The scenario's time limit is the bound. */
  async ready(): Promise<void> {
    for (;;) {
      const waiting = await this.#service?.waitingFor().catch(() => undefined);
      if (waiting?.length === 0) return;
      if (this.failure !== undefined) throw new Error(this.failure);
      await sleep(pollMs);
    }
  }

  /** Runs an expression inside it, as a debugger does; resolves when it has been evaluated. */
  evaluate(expression: string): Promise<void> {
    return evaluateIn(this.#running.logs, expression);
  }

  /** Breaks all of its connections, with what is still on them; whatever watched them is gone, new ones may come. */
  async sever(): Promise<void> {
    for (const proxy of this.#proxies) {
      proxy.tap = undefined;
      await proxy.cut();
      await proxy.restore();
    }
  }

  async close(): Promise<void> {
    await this.stop('SIGKILL');
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
  }

  get #proxies(): TcpProxy[] {
    return [this.kafka, this.postgres, this.redis];
  }

  get #running(): SpawnedService {
    if (!this.#service) throw new Error(`${this.name} does not run`);
    return this.#service;
  }

  #spawn(): void {
    const service = spawnService('aggregator', this.#env, ['--inspect=127.0.0.1:0', '--import', clockPreload]);
    this.#service = service;
    void this.#supervise(service);
  }

  async #supervise(service: SpawnedService): Promise<void> {
    const { code, signal } = await service.exited;
    this.#past.push(...service.logs.splice(0), `-- ${this.name} ended: ${signal ?? `exit ${code}`}`);
    this.#past.splice(0, this.#past.length - maxPastLines);
    if (this.#service === service) this.#service = undefined;
    if (code === configurationExitCode) {
      this.failure = `${this.name} ended with ${code}:\n${this.#past.slice(-linesShown).join('\n')}`;
      return;
    }
    await sleep(restartMs);
    if (this.#wanted && !this.#service) this.#spawn();
  }
}

/** Of a line of the log, in ms; not a number for other lines. */
function timeOf(line: string): number {
  return Date.parse(/"time":"([^"]+)"/.exec(line)?.[1] ?? '');
}
