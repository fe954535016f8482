import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OutgoingRecord } from '@tidemark/kafka';
import { z } from 'zod';
import type { SourceContext } from '../source.ts';
import { StateFile } from '../state-file.ts';
import { createMarket } from './market.ts';
import { Pace } from './pace.ts';
import { Simulator } from './simulator.ts';

/** The most records in one batch; a faster rate has more batches. */
const maxChunk = 2_000;
/** Records that fall due within this time go out together: a timer a record would cost more than the records. */
const gatherMs = 10;
const savePricesIntervalMs = 10_000;

/** Makes the market. What is answered sends its swaps at the rate set until the service stops. */
export async function prepareSimulation(source: SourceContext): Promise<() => Promise<void>> {
  const prices = new KeptPrices(source);
  const simulator = startSimulator(source, await prices.read());
  return () => simulate(source, simulator, prices);
}

async function simulate(source: SourceContext, simulator: Simulator, prices: KeptPrices): Promise<void> {
  const { settings, delivery, records, signal } = source;
  const pace = new Pace(settings.RATE, performance.now());
  try {
    while (!signal.aborted) {
      const due = pace.take(performance.now(), maxChunk);
      if (due > 0) await delivery.send(nextRecords(due));
      await prices.save(simulator.prices, savePricesIntervalMs);
      const waitMs = pace.waitMs(performance.now());
      if (waitMs > 0) await sleep(Math.max(gatherMs, waitMs), undefined, { signal });
    }
  } finally {
    await prices.save(simulator.prices);
  }

  function nextRecords(count: number): OutgoingRecord[] {
    const nowMs = Date.now();
    return Array.from({ length: count }, () => records.of(simulator.next(nowMs)));
  }
}

function startSimulator({ settings, log }: SourceContext, prices: number[] | undefined): Simulator {
  const { MARKET, TOKENS, TRADERS, RATE } = settings;
  const seed = settings.SEED || randomBytes(6).toString('hex');
  // Ids have to differ from those of any run before, also of one with the same seed.
  const run = randomBytes(5).toString('hex');
  log.info({ seed, run, market: MARKET, tokens: TOKENS, rate: RATE }, 'simulating swaps');
  return new Simulator({
    market: createMarket({ seed: MARKET, tokens: TOKENS, traders: TRADERS }),
    seed,
    run,
    zipfExponent: settings.ZIPF,
    latenessMs: settings.LATENESS,
    shares: {
      duplicate: settings.DUPLICATE_SHARE,
      reorder: settings.REORDER_SHARE,
      late: settings.LATE_SHARE,
      pending: settings.PENDING_SHARE,
      reverted: settings.REVERTED_SHARE,
    },
    ...(prices && { prices }),
  });
}

/**
 * The prices live on over restarts: a chart should not jump because the simulator was restarted. With a seed that was set they
 * do not, since it stands for the whole stream.
 */
class KeptPrices {
  readonly #file: StateFile<number[]> | undefined;
  readonly #log: SourceContext['log'];
  #savedAtMs = performance.now();

  constructor({ settings: { STATE_DIR, MARKET, SEED }, log }: SourceContext) {
    const name = createHash('sha256').update(MARKET).digest('hex').slice(0, 16);
    this.#log = log;
    if (SEED === '') this.#file = new StateFile(join(STATE_DIR, `prices-${name}.json`), z.array(z.number()));
  }

  async read(): Promise<number[] | undefined> {
    try {
      return await this.#file?.read();
    } catch (error) {
      this.#log.warn({ error }, 'the kept prices cannot be read; the market begins at its first prices');
      return undefined;
    }
  }

  /** Unless they were saved within the last `intervalMs`. */
  async save(prices: number[], intervalMs = 0): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#savedAtMs < intervalMs) return;
    this.#savedAtMs = nowMs;
    await this.#file?.write(prices);
  }
}
