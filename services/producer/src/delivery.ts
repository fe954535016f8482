import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchProducer, OutgoingRecord } from '@tidemark/kafka';
import { isCoded, type Logger } from '@tidemark/runtime';
import type { ProducerMetrics } from './metrics.ts';

export interface DeliveryOptions {
  producer: BatchProducer;
  metrics: ProducerMetrics;
  log: Logger;
  /** Aborted when the service stops: nothing new is begun. */
  signal: AbortSignal;
}

const reportIntervalMs = 10_000;
const retryPauseMs = 500;

/**
 * Sends chunks of records one after the other, in order, each until it is acknowledged, however long the brokers are away. While
 * one is under way the caller prepares the next, so at most two are in memory.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #reporter: NodeJS.Timeout;
  #underWay: Promise<void> = Promise.resolve();
  #acknowledged = 0;
  #reported = { atMs: performance.now(), acknowledged: 0 };

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#reporter = setInterval(() => this.#report(), reportIntervalMs).unref();
  }

  /**
   * Resolves when the chunk before this one is acknowledged and this one is on its way; rejects when sending has failed in a way
   * that trying again does not mend, or when the service stops before the chunk could be acknowledged.
   */
  async send(records: OutgoingRecord[], acknowledged?: () => Promise<void>): Promise<void> {
    await this.#underWay;
    this.#options.signal.throwIfAborted();
    this.#options.metrics.produced.inc(records.length);
    this.#underWay = this.#deliver(records).then(acknowledged);
    // Whoever sends or flushes next gets the error.
    this.#underWay.catch(() => undefined);
  }

  /** Resolves when everything is acknowledged; rejects like `send`. */
  flush(): Promise<void> {
    return this.#underWay;
  }

  /** Waits a bounded time for what is under way. False when it is still not acknowledged then, and so is given up. */
  async close(timeoutMs: number): Promise<boolean> {
    clearInterval(this.#reporter);
    const { log } = this.#options;
    const finished = this.#underWay.then(
      () => true,
      () => false,
    );
    const inTime = await Promise.race([finished, sleep(timeoutMs, false, { ref: false })]);
    if (!inTime) log.warn({ timeoutMs }, 'stopped with records that Kafka has not acknowledged');
    log.info({ acknowledged: this.#acknowledged }, 'sent in all');
    return inTime;
  }

  async #deliver(records: OutgoingRecord[]): Promise<void> {
    const { producer, metrics, log, signal } = this.#options;
    const startMs = performance.now();
    for (let attempt = 1; ; attempt++) {
      try {
        await producer.sendAll(records);
        break;
      } catch (error) {
        if (!isCoded(error) || !error.retryable) throw error;
        const waitedMs = Math.round(performance.now() - startMs);
        log.warn({ reason: error.message, waitedMs, records: records.length }, 'Kafka does not answer; trying again');
        // The rest of the chunk may still be under way; it is sent again as a whole, and readers know duplicates.
        await producer.flush();
        await sleep(retryPauseMs, undefined, { signal });
      }
      signal.throwIfAborted();
    }
    const elapsedMs = performance.now() - startMs;
    if (elapsedMs > reportIntervalMs) log.info({ waitedMs: Math.round(elapsedMs) }, 'Kafka answers again');
    metrics.acknowledgementSeconds.observe(elapsedMs / 1_000);
    metrics.acknowledged.inc(records.length);
    this.#acknowledged += records.length;
  }

  #report(): void {
    const nowMs = performance.now();
    const perSecond = ((this.#acknowledged - this.#reported.acknowledged) * 1_000) / (nowMs - this.#reported.atMs);
    this.#reported = { atMs: nowMs, acknowledged: this.#acknowledged };
    this.#options.metrics.rate.set(perSecond);
    this.#options.log.info(
      { acknowledged: this.#acknowledged, perSecond: Math.round(perSecond * 10) / 10 },
      'produced',
    );
  }
}
