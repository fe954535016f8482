import { setTimeout as sleep } from 'node:timers/promises';

export interface WatchedService {
  name: string;
  /** Base URL of its admin port. */
  admin: string;
}

/** Asking makes a little work for a service, so seldom; the metric holds the longest delay since it was asked last. */
const scrapeIntervalMs = 10_000;
const answerTimeoutMs = 5_000;
const metric = /^nodejs_eventloop_lag_max_seconds(?:\{[^}]*\})? (\S+)$/m;
/** Node tells the time between two ticks of a timer of this period, so an idle process has a delay of this much. */
const timerPeriodMs = 10;

/** Watches for how long event loops stand still, by the metrics of the services. */
export class StallWatch {
  readonly #services: readonly WatchedService[];
  readonly #longestMs = new Map<string, number>();
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(services: readonly WatchedService[]) {
    this.#services = services;
    this.#running = this.#run();
    this.#running.catch(() => undefined);
  }

  /** Resolves to the longest stall of each service since the beginning, in ms. */
  async stop(): Promise<ReadonlyMap<string, number>> {
    this.#stopping.abort();
    await this.#running;
    await this.#scrape();
    return this.#longestMs;
  }

  async #run(): Promise<void> {
    // The first answers tell of the time before.
    await this.#scrape();
    this.#longestMs.clear();
    const { signal } = this.#stopping;
    for (;;) {
      await sleep(scrapeIntervalMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.#scrape();
    }
  }

  async #scrape(): Promise<void> {
    await Promise.all(
      this.#services.map(async ({ name, admin }) => {
        const answer = await fetch(`${admin}/metrics`, { signal: AbortSignal.timeout(answerTimeoutMs) });
        const stallMs = stallOf(await answer.text());
        this.#longestMs.set(name, Math.max(stallMs, this.#longestMs.get(name) ?? 0));
      }),
    );
  }
}

/** The longest stall that a page of metrics tells of, in ms. @throws Error when it tells of none. */
export function stallOf(metrics: string): number {
  const seconds = metric.exec(metrics)?.[1];
  if (seconds === undefined) throw new Error('the metrics hold no nodejs_eventloop_lag_max_seconds');
  return Math.max(0, Math.round((Number(seconds) * 1_000 - timerPeriodMs) * 10) / 10);
}
