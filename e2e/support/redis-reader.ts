import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf } from '@tidemark/domain';
import { compareVersions, heartbeatKey, type Version } from '@tidemark/wire';
import type { CountedLog } from './installation.ts';

const pollMs = 150;
const maxNoted = 1_000;

/** Reads every token and heartbeat in Redis, again and again, and notes what a reader must never see. */
export class RedisReader {
  /** Versions that went back; must stay empty. Bounded. */
  readonly wentBack: string[] = [];
  /** Values that were missing although a heartbeat vouched for them; must stay empty. */
  readonly missing: string[] = [];
  reads = 0;
  readonly versions = new Map<string, Version>();
  readonly #installation: CountedLog;
  readonly #tokens: () => Iterable<string>;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #missingBefore = new Set<string>();

  /** `tokens`: those that are known to have a value. */
  constructor(installation: CountedLog, tokens: () => Iterable<string>) {
    this.#installation = installation;
    this.#tokens = tokens;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#read().catch(() => undefined);
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #read(): Promise<void> {
    const { stats, partitionCount } = this.#installation;
    const tokens = [...this.#tokens()];
    const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);
    const { values, heartbeats } = await stats.readWithHeartbeats(tokens, partitions);
    this.reads++;
    const absent = new Set<string>();
    for (const [index, token] of tokens.entries()) {
      const value = values[index];
      if (value) this.#note(token, value.version);
      else if (heartbeats[partitionOf(token, partitionCount)]) absent.add(token);
    }
    for (const heartbeat of heartbeats) if (heartbeat) this.#note(heartbeatKey(heartbeat.partition), heartbeat.version);
    // A flush may fall between the reads of the two: only what is absent twice is missing.
    for (const token of absent)
      if (this.#missingBefore.has(token) && this.missing.length < maxNoted) this.missing.push(token);
    this.#missingBefore = absent;
  }

  #note(key: string, version: Version): void {
    const held = this.versions.get(key);
    const order = held ? compareVersions(version, held) : 1;
    if (order < 0 && this.wentBack.length < maxNoted)
      this.wentBack.push(`${key}: ${held!.join('.')} then ${version.join('.')}`);
    if (order > 0) this.versions.set(key, version);
  }
}
