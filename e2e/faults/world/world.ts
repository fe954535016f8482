import { setTimeout as sleep } from 'node:timers/promises';
import { PortPicker, type ServerHandle, type ServerName } from '@tidemark/stack';
import { createRandom, type IsolatedStack, type Random, type ServiceProcess, startService } from '@tidemark/testing';
import { heartbeatKey } from '@tidemark/wire';
import { createInstallation, type Installation } from '../../support/installation.ts';
import { RedisReader } from '../../support/redis-reader.ts';
import { Subscriber } from '../../support/subscriber.ts';
import { Load } from './load.ts';
import { Observer } from './observer.ts';
import { Replica } from './replica.ts';

export interface WorldOptions {
  seed: number;
  replicas: number;
  /** Swaps a second. */
  rate: number;
  /** Settings of the aggregators beside the usual ones. */
  env: Record<string, string>;
  /** The servers' processes, to kill and start again. */
  handles: Partial<Record<ServerName, ServerHandle>>;
  signal: AbortSignal;
  say: (line: string) => void;
}

/** A fault, with the proof that it hit while work was under way. Offsets are sums over the partitions that it concerned. */
export interface Hit {
  fault: string;
  /** The partitions that the target owned. */
  owned: number[];
  /** As stored, when the fault hit. */
  nextOffsetBefore: number;
  /** The end of the log then. */
  logEnd: number;
  /** As stored, once it was over; null while it is not. */
  nextOffsetAfter: number | null;
  /** From when the fault was lifted until every partition vouched for all that the log held then, in ms. */
  recoverMs: number | null;
}

const partitionCount = 6;
const pollMs = 50;
const recoverTimeoutMs = 120_000;

/** Everything that a scenario runs in: an installation of its own, aggregators, load, and readers who watch. */
export class World {
  readonly installation: Installation;
  readonly random: Random;
  readonly replicas: Replica[] = [];
  readonly load: Load;
  readonly observer: Observer;
  readonly hits: Hit[] = [];
  readonly options: WorldOptions;
  subscriber!: Subscriber;
  redisReader!: RedisReader;
  #gateway: ServiceProcess | undefined;
  #made = 0;

  private constructor(installation: Installation, options: WorldOptions) {
    this.installation = installation;
    this.options = options;
    this.random = createRandom(options.seed ^ 0xfa17);
    this.load = new Load(installation, options);
    this.observer = new Observer(installation);
  }

  /** Resolves when all replicas own partitions and count under load. */
  static async create(stack: IsolatedStack, options: WorldOptions): Promise<World> {
    const installation = await createInstallation(stack, { partitionCount });
    const world = new World({ ...installation, env: { ...installation.env, ...options.env } }, options);
    try {
      await world.#start();
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  /** A replica that owns partitions, drawn by the seed. */
  anOwner(): Replica {
    return this.random.pick(this.replicas.filter((replica) => this.owned(replica).length > 0));
  }

  owned(...replicas: Replica[]): number[] {
    const names = replicas.map(({ name }) => name);
    return [...this.observer.position.owners.entries()]
      .filter(([, owner]) => owner !== undefined && names.includes(owner))
      .map(([partition]) => partition);
  }

  /** How many records of the replica's partitions are not stored yet. */
  behind(replica: Replica): number {
    const { stored, ends } = this.observer.position;
    const owned = this.owned(replica);
    return this.#sum(ends, owned) - this.#sum(stored, owned);
  }

  /** Writes down that a fault hits now, and what it finds. Without a replica it concerns all partitions. */
  strike(fault: string, ...replicas: Replica[]): Hit {
    const owned = this.owned(...(replicas.length === 0 ? this.replicas : replicas));
    const hit: Hit = {
      fault,
      owned,
      nextOffsetBefore: this.#sum(this.observer.position.stored, owned),
      logEnd: this.#sum(this.observer.position.ends, owned),
      nextOffsetAfter: null,
      recoverMs: null,
    };
    this.hits.push(hit);
    this.options.say(`  ${fault}: partitions ${owned.join()} at ${hit.nextOffsetBefore} of ${hit.logEnd}`);
    return hit;
  }

  /** To be called when a fault is lifted: resolves when every partition is counted, stored and vouched for, up to what the log holds now. */
  async recovered(): Promise<void> {
    const liftedAt = performance.now();
    await this.#current();
    const recoverMs = Math.round(performance.now() - liftedAt);
    const stored = await this.observer.readStored();
    for (const hit of this.hits) {
      if (hit.recoverMs !== null) continue;
      hit.recoverMs = recoverMs;
      hit.nextOffsetAfter = this.#sum(stored, hit.owned);
    }
    this.options.say(`  recovered in ${(recoverMs / 1_000).toFixed(1)} s`);
  }

  /** Resolves when everything is counted, stored and published. */
  async settled(): Promise<void> {
    await this.#current();
    // Once more: what was counted last has been vouched for and stored by now, and nothing came after it.
    await this.#current();
  }

  /** Work goes on undisturbed for so long, and a little longer by the seed, so that faults fall on different moments. */
  async quiet(ms: number): Promise<void> {
    await sleep(ms + this.random.int(500), undefined, { signal: this.options.signal });
  }

  /** Polls until it holds. */
  async until(what: string, condition: () => Promise<boolean> | boolean, timeoutMs = recoverTimeoutMs): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      this.options.signal.throwIfAborted();
      const failed = this.replicas.find(({ failure }) => failure !== undefined);
      if (failed) throw new Error(failed.failure);
      // While a server is away there is no answer.
      if (await Promise.resolve(condition()).catch(() => false)) return;
      if (performance.now() > deadline) throw new Error(`waited ${timeoutMs / 1_000} s for ${what}`);
      await sleep(pollMs);
    }
  }

  othersThan(replica: Replica): Replica[] {
    return this.replicas.filter((other) => other !== replica);
  }

  /** Resolves when somebody else owns what the replica owned. */
  async takenOver(replica: Replica): Promise<void> {
    await this.until(`a takeover from ${replica.name}`, () => this.owned(replica).length === 0);
  }

  /** Resolves when one of the replicas has logged such a line since then. */
  async untilLogged(pattern: RegExp, sinceMs: number, replicas: readonly Replica[] = this.replicas): Promise<void> {
    await this.until(`a line like ${pattern.source}`, () =>
      replicas.some((one) => one.logged(pattern, sinceMs).length > 0),
    );
  }

  server(name: ServerName): ServerHandle {
    const handle = this.options.handles[name];
    if (!handle) throw new Error(`${name} runs elsewhere`);
    return handle;
  }

  async addReplica(): Promise<Replica> {
    const replica = await Replica.create(this.installation, `aggregator-${++this.#made}`);
    this.replicas.push(replica);
    replica.start();
    return replica;
  }

  /** Ends the replica in good order, for ever. */
  async remove(replica: Replica): Promise<void> {
    this.replicas.splice(this.replicas.indexOf(replica), 1);
    await replica.stop();
    await replica.close();
  }

  /** Starts the servers that a fault left away, since even an end needs them. */
  async close(): Promise<void> {
    for (const handle of Object.values(this.options.handles)) await handle.start();
    await this.observer.close();
    await this.redisReader?.close();
    await this.subscriber?.close();
    await this.load.close();
    await Promise.all(this.replicas.map((replica) => replica.close()));
    await this.#gateway?.kill();
    await this.installation.close();
  }

  async #start(): Promise<void> {
    const gatewayPort = await new PortPicker().free();
    this.#gateway = await startService('gateway', { ...this.installation.env, GATEWAY_PORT: String(gatewayPort) });
    this.subscriber = await Subscriber.open(`ws://127.0.0.1:${gatewayPort}/v1/stream`);
    this.redisReader = new RedisReader(this.installation, () =>
      [...this.subscriber.versions.keys()].filter((key) => !key.startsWith('#')),
    );
    for (let count = 0; count < this.options.replicas; count++) await this.addReplica();
    await this.load.start();
    await Promise.all(this.replicas.map((replica) => replica.ready()));
    await this.until('each replica to own partitions', () => this.replicas.every((one) => this.owned(one).length > 0));
    await this.#current();
  }

  async #current(): Promise<void> {
    const since = Date.now();
    let ends: number[] = [];
    await this.until('the log', async () => (ends = [...(await this.observer.readEnds())]).length > 0);
    await this.until('every partition to be current', async () => {
      const heartbeats = await this.installation.stats.heartbeats(partitionCount);
      return heartbeats.every(
        (beat, partition) => beat && beat.version[1] >= ends[partition]! && beat.reportedAt >= since,
      );
    });
    await this.until('the subscriber to be told', () =>
      ends.every((end, partition) => (this.subscriber.versions.get(heartbeatKey(partition))?.[1] ?? -1) >= end),
    );
    await this.until('checkpoints', async () => {
      const stored = await this.observer.readStored();
      return stored.every((offset, partition) => offset >= ends[partition]!);
    });
  }

  #sum(offsets: readonly number[], partitions: readonly number[]): number {
    return partitions.reduce((sum, partition) => sum + offsets[partition]!, 0);
  }
}
