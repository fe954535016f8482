import type { BatchProducer } from '@tidemark/kafka';
import type { Logger } from '@tidemark/runtime';
import type { StatsStore } from '@tidemark/store';
import { compareVersions, type Heartbeat, heartbeatKey, type Version } from '@tidemark/wire';
import type { OwnedPartition } from './owned-partition.ts';

export interface HeartOptions {
  producer: BatchProducer;
  stats: StatsStore;
  partitions: () => Iterable<OwnedPartition>;
  windows: string[];
  instance: string;
  nowMs: () => number;
  log: Logger;
}

const beatMs = 1_000;
/** Every token is published again this often, whether it changed or not. */
const republishSeconds = 3_600;

/** By then nothing that a former owner sent before it was replaced is under way any more: a request is given up after 15 s. */
const formerSilentMs = 60_000;

/** What is remembered of a partition between two beats. */
interface Pulse {
  beating: boolean;
  /** Values could not be written to Redis. */
  redisBehind: boolean;
  last: Version | undefined;
  tokens: IterableIterator<string> | undefined;
  /** When to publish everything once more, ms, monotonic: compaction keeps the last record, which a former owner may have sent. */
  republishAtMs: number;
}

/**
 * Each second writes the heartbeat of each partition, once all that was due before it is out. On the way it notices when Redis
 * has lost values, and publishes every token again; and it goes round all tokens once an hour.
 */
export class Heart {
  readonly #options: HeartOptions;
  readonly #pulses = new WeakMap<OwnedPartition, Pulse>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HeartOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => {
      for (const owned of this.#options.partitions()) void this.#beat(owned);
    }, beatMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Redis may lack values of every partition. */
  redisLost(): void {
    for (const owned of this.#options.partitions()) this.#pulseOf(owned).redisBehind = true;
  }

  async #beat(owned: OwnedPartition): Promise<void> {
    const pulse = this.#pulseOf(owned);
    if (pulse.beating || !owned.publishable) return;
    pulse.beating = true;
    try {
      this.#outlast(owned, pulse);
      this.#goRound(owned, pulse);
      owned.advance();
      const version = owned.version;
      await owned.queue.drained();
      if (!owned.assignment.current) return;
      await this.#write(owned, version, pulse);
    } catch (error) {
      if (owned.assignment.current)
        this.#options.log.warn({ partition: owned.partition, error }, `no heartbeat: ${(error as Error).message}`);
    } finally {
      pulse.beating = false;
    }
  }

  async #write(owned: OwnedPartition, version: Version, pulse: Pulse): Promise<void> {
    const { producer, stats, windows, instance, nowMs } = this.#options;
    const { partition } = owned;
    const key = heartbeatKey(partition);
    const heartbeat: Heartbeat = { partition, version, reportedAt: nowMs(), windows, status: owned.status(instance) };
    const json = JSON.stringify(heartbeat);
    await producer.send({ topic: 'stats', partition, key, value: json, lease: owned.assignment });
    if (!owned.assignment.current || (await this.#redisLacksValues(owned, pulse))) return;
    await stats.write([{ key, version, json }]);
    pulse.last = version;
  }

  /**
   * A flushed or restarted Redis no longer holds the heartbeat that was written last. Then every token is published again, and no
   * heartbeat vouches for the values before that.
   */
  async #redisLacksValues(owned: OwnedPartition, pulse: Pulse): Promise<boolean> {
    const held = await this.#options.stats.readHeartbeat(owned.partition);
    const lost = pulse.last !== undefined && (held === null || compareVersions(held.version, pulse.last) < 0);
    if (!lost && !pulse.redisBehind) return false;
    this.#options.log.info({ partition: owned.partition }, 'Redis lacks values: every token is published again');
    pulse.redisBehind = false;
    pulse.last = undefined;
    owned.republish();
    return true;
  }

  #outlast(owned: OwnedPartition, pulse: Pulse): void {
    if (performance.now() < pulse.republishAtMs) return;
    pulse.republishAtMs = Number.POSITIVE_INFINITY;
    owned.republish();
  }

  #goRound(owned: OwnedPartition, pulse: Pulse): void {
    const count = Math.ceil(owned.engine.tokenCount / republishSeconds);
    const tokens: string[] = [];
    pulse.tokens ??= owned.engine.tokens();
    for (let next = pulse.tokens.next(); tokens.length < count; next = pulse.tokens.next()) {
      if (next.done) {
        pulse.tokens = undefined;
        break;
      }
      tokens.push(next.value);
    }
    owned.queue.add(tokens, 'paced');
  }

  #pulseOf(owned: OwnedPartition): Pulse {
    let pulse = this.#pulses.get(owned);
    if (!pulse) {
      const hadOthers = owned.ownership.epoch > 1;
      const republishAtMs = hadOthers ? performance.now() + formerSilentMs : Number.POSITIVE_INFINITY;
      pulse = { beating: false, redisBehind: false, last: undefined, tokens: undefined, republishAtMs };
      this.#pulses.set(owned, pulse);
    }
    return pulse;
  }
}
