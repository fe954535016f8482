import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf, type Swap } from '@tidemark/domain';
import { type BatchProducer, createProducer, type OutgoingRecord } from '@tidemark/kafka';
import { generateSwaps } from '@tidemark/testing';
import type { Installation } from '../../support/installation.ts';

export interface LoadOptions {
  seed: number;
  /** Swaps a second, on average. */
  rate: number;
}

const tokens = 150;
const traders = 500;
const tickMs = 50;
const burstStepMs = 2;
const maxChunk = 2_000;
/** Tokens that trade once, at the beginning: what is known of them can only come from state. */
const idleTokens = 30;
/** How many records a producer that was left without an answer sends again. */
const maxRepeated = 500;

/**
 * Seeded swaps as they come in life: duplicates, versions, reverts, out of order, late, and stamped in the future, in real time.
 * While Kafka is away they gather, and then come at once; what was not acknowledged is sent again.
 */
export class Load {
  sent = 0;
  readonly #installation: Installation;
  readonly #options: LoadOptions;
  readonly #producer: BatchProducer;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #last: OutgoingRecord[] = [];
  #bursts = 0;

  constructor(installation: Installation, options: LoadOptions) {
    this.#installation = installation;
    this.#options = options;
    this.#producer = createProducer(installation.client);
  }

  async start(): Promise<void> {
    await this.#producer.connect();
    await this.#deliver(this.#idleSwaps());
    this.#running = this.#run();
  }

  /** Resolves when all is acknowledged. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#producer.close();
  }

  /** Sends the last records again: they get offsets of their own, as when a producer is left without an answer. */
  async repeat(): Promise<number> {
    const again = this.#last;
    await this.#deliver(again);
    return again.length;
  }

  /** Sends so many at once, of the last minutes, beside those that come steadily: there are batches to be in the middle of. */
  async burst(count: number): Promise<void> {
    await this.#deliver(this.records(count, `burst${++this.#bursts}-`));
  }

  /** What the load is made of, for whoever sends it in another way. */
  records(count: number, idPrefix: string): OutgoingRecord[] {
    const { seed } = this.#options;
    const startMs = Date.now() - count * burstStepMs;
    const swaps = generateSwaps({ seed, count, tokens, traders, stepMs: burstStepMs, startMs, idPrefix });
    return Array.from(swaps, ({ swap }) => this.#record(swap));
  }

  async #run(): Promise<void> {
    const { seed, rate } = this.#options;
    const startMs = Date.now();
    const swaps = generateSwaps({
      seed,
      count: Number.POSITIVE_INFINITY,
      tokens,
      traders,
      stepMs: 1_000 / rate,
      startMs,
    });
    let next = swaps.next().value!;
    while (!this.#stopping.signal.aborted) {
      const chunk: OutgoingRecord[] = [];
      for (; next.appendTimeMs <= Date.now() && chunk.length < maxChunk; next = swaps.next().value!)
        chunk.push(this.#record(next.swap));
      await this.#deliver(chunk);
      if (chunk.length < maxChunk) await sleep(tickMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  async #deliver(records: OutgoingRecord[]): Promise<void> {
    this.#last = [...this.#last, ...records].slice(-maxRepeated);
    for (;;) {
      try {
        await this.#producer.sendAll(records);
        this.sent += records.length;
        return;
      } catch {
        // Past its deadline; some of them may have arrived. A real producer would do the same.
      }
    }
  }

  #idleSwaps(): OutgoingRecord[] {
    const timestamp = Date.now();
    return Array.from({ length: idleTokens }, (_, index) =>
      this.#record({
        id: 'only',
        token: `idle${index}`,
        trader: 'a',
        side: 'buy',
        amount: '2',
        usd: String(10 + index),
        timestamp,
      }),
    );
  }

  #record(swap: Swap): OutgoingRecord {
    const partition = partitionOf(swap.token, this.#installation.partitionCount);
    return { topic: 'swaps', partition, key: swap.token, value: JSON.stringify(swap) };
  }
}
