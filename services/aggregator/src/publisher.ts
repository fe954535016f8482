import type { BatchProducer, OutgoingRecord } from '@tidemark/kafka';
import type { Logger } from '@tidemark/runtime';
import type { StatsEntry, StatsStore } from '@tidemark/store';
import type { AggregatorMetrics } from './metrics.ts';
import type { OwnedPartition } from './owned-partition.ts';

export interface PublisherOptions {
  producer: BatchProducer;
  stats: StatsStore;
  partitions: () => Iterable<OwnedPartition>;
  metrics: AggregatorMetrics;
  log: Logger;
  /** Values could not be written to Redis, which now lacks them. */
  onRedisLoss(error: Error): void;
}

/** How often windows decay and paced values go out when no swap comes. */
const tickMs = 20;
/** Values in one pass of a partition, so that applying has its turn. */
const maxPerPass = 500;
/** Values of a partition that may wait for their acknowledgement. */
const maxUnderWay = 5_000;
/** While records wait, publishing takes at most one part in this many of the time. */
const shareWhileBehind = 5;
const longestStretchMs = 1_000;

/** Sends changed values to `stats` and to Redis: at once when swaps come, and as time passes. */
export class Publisher {
  readonly #options: PublisherOptions;
  #timer: NodeJS.Timeout | undefined;
  #awake = false;
  #notBefore = 0;
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#pass(), tickMs);
  }

  /** Something changed: a pass follows in this turn of the event loop. */
  wake(): void {
    if (this.#awake || !this.#timer) return;
    this.#awake = true;
    setImmediate(() => {
      this.#awake = false;
      this.#pass();
    });
  }

  /** Ends with what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await Promise.all(this.#underWay);
  }

  #pass(): void {
    const startMs = performance.now();
    if (!this.#timer || startMs < this.#notBefore) return;
    let behind = false;
    for (const partition of this.#options.partitions()) {
      partition.advance();
      behind ||= partition.lag > 0;
      if (partition.publishable && partition.queue.sending < maxUnderWay) this.#publish(partition, startMs);
    }
    const tookMs = performance.now() - startMs;
    this.#notBefore = behind ? startMs + Math.min(tookMs * shareWhileBehind, longestStretchMs) : 0;
  }

  #publish(owned: OwnedPartition, nowMs: number): void {
    const tokens = owned.queue.take(nowMs, maxPerPass);
    if (tokens.length === 0) return;
    const { partition, version, assignment: lease } = owned;
    const records: OutgoingRecord[] = [];
    const entries: StatsEntry[] = [];
    for (const token of tokens) {
      const json = owned.recordOf(token, version);
      records.push({ topic: 'stats', partition, key: token, value: json, lease });
      entries.push({ key: token, version, json });
    }
    const sent = this.#send(owned, tokens, records, entries).finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
  }

  async #send(
    owned: OwnedPartition,
    tokens: string[],
    records: OutgoingRecord[],
    entries: StatsEntry[],
  ): Promise<void> {
    const { producer, stats, metrics, log, onRedisLoss } = this.#options;
    const toRedis = stats.write(entries).catch((error: Error) => onRedisLoss(error));
    try {
      await producer.sendAll(records);
      metrics.published.inc(tokens.length);
      await toRedis;
      owned.queue.settle(tokens, true);
    } catch (error) {
      if (owned.assignment.current)
        log.warn({ partition: owned.partition, error }, `statistics wait for Kafka: ${(error as Error).message}`);
      await toRedis;
      owned.queue.settle(tokens, false);
    }
  }
}
