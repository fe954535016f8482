import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf } from '@tidemark/domain';
import type { BatchProducer } from '@tidemark/kafka';
import { createRandom, type Random } from '@tidemark/testing';
import { Latencies } from './latencies.ts';

export interface MarkersOptions {
  producer: BatchProducer;
  partitions: number;
  /** Markers a second, on average. */
  rate: number;
  seed: number;
  /** Part of every id, so that the ids of two runs differ. */
  run: string;
}

/** As many tokens take turns; between two markers of one lies more than the least time between two of its updates. */
const tokenCount = 60;
const tokenPrefix = 'bench:';
const pollMs = 20;
const arrivalTimeoutMs = 15_000;

/**
 * Swaps that the bench hands over itself, of tokens that nobody else trades: the n-th swap of such a token is in when n trades are
 * counted. From the moment before a marker is handed to the producer until then is its latency.
 */
export class Markers {
  readonly latencies = new Latencies();
  readonly #options: MarkersOptions;
  readonly #random: Random;
  /** When each marker of a token was handed over, in their order. */
  readonly #handedOverMs = new Map<string, number[]>();
  readonly #arrived = new Map<string, number>();
  #sent = 0;

  constructor(options: MarkersOptions) {
    this.#options = options;
    this.#random = createRandom(options.seed);
  }

  static owns(token: string): boolean {
    return token.startsWith(tokenPrefix);
  }

  /** Hands markers over until the signal is raised; resolves once all are acknowledged, and rejects when one was not. */
  async send(signal: AbortSignal): Promise<void> {
    let failure: unknown;
    const meanMs = 1_000 / this.#options.rate;
    for (;;) {
      // Uneven steps, or the markers would always meet the same moments of everything that happens each second.
      await sleep(this.#random.next() * 2 * meanMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      this.#sendOne().catch((error: unknown) => {
        failure ??= error;
      });
    }
    await this.#options.producer.flush();
    if (failure !== undefined) throw failure;
  }

  /** The first `count` markers of the token are in, as of `nowMs` (see `preciseNowMs`). */
  arrived(token: string, count: number, nowMs: number): void {
    const handedOverMs = this.#handedOverMs.get(token) ?? [];
    for (let index = this.#arrived.get(token) ?? 0; index < count; index++) {
      const atMs = handedOverMs[index];
      if (atMs === undefined)
        throw new Error(`${token} has ${count} trades, of which ${handedOverMs.length} were sent`);
      this.latencies.add(atMs, nowMs - atMs);
    }
    this.#arrived.set(token, count);
  }

  /** Resolves once all that were sent are in. */
  async allArrived(signal: AbortSignal): Promise<void> {
    const deadlineMs = performance.now() + arrivalTimeoutMs;
    while (this.#missing() > 0) {
      if (performance.now() > deadlineMs) throw new Error(`${this.#missing()} of ${this.#sent} markers never came`);
      await sleep(pollMs, undefined, { signal });
    }
  }

  #missing(): number {
    return this.#sent - [...this.#arrived.values()].reduce((sum, count) => sum + count, 0);
  }

  #sendOne(): Promise<void> {
    const { producer, partitions, run } = this.#options;
    const number = this.#sent++;
    const token = `${tokenPrefix}${number % tokenCount}`;
    const swap = {
      id: `${run}:${number}`,
      token,
      trader: 'bench',
      side: 'buy',
      amount: '1',
      usd: '1',
      timestamp: Date.now(),
    };
    const value = JSON.stringify(swap);
    const handedOverMs = this.#handedOverMs.get(token);
    const nowMs = preciseNowMs();
    if (handedOverMs) handedOverMs.push(nowMs);
    else this.#handedOverMs.set(token, [nowMs]);
    return producer.send({ topic: 'swaps', partition: partitionOf(token, partitions), key: token, value });
  }
}

/** Ms since the epoch with their fractions. */
export function preciseNowMs(): number {
  return performance.timeOrigin + performance.now();
}
