import type { MarketToken } from './market.ts';
import type { Random } from './random.ts';

/** How far a price may walk from the first one, either way. */
const widestFactor = 1_000;
/** A token that slept moves as if it had slept this long at most. */
const longestStepSeconds = 3_600;

/**
 * One price a token: a geometric random walk, whose spread grows with the square root of the time between trades, as prices do
 * when nothing else is known of them.
 */
export class PriceWalk {
  readonly #tokens: readonly MarketToken[];
  readonly #prices: Float64Array;
  readonly #movedAtMs: Float64Array;

  /** `start`: prices to go on from, by rank of the token; those that do not fit are left out. */
  constructor(tokens: readonly MarketToken[], start: readonly number[] = []) {
    this.#tokens = tokens;
    this.#movedAtMs = new Float64Array(tokens.length);
    this.#prices = Float64Array.from(tokens, ({ firstPriceUsd }, rank) => {
      const price = start[rank];
      return price !== undefined && Number.isFinite(price) && price > 0 ? within(price, firstPriceUsd) : firstPriceUsd;
    });
  }

  /** Moves the token's price to `nowMs` and answers with it, in USD. */
  at(rank: number, nowMs: number, random: Random): number {
    const token = this.#tokens[rank]!;
    const lastMs = this.#movedAtMs[rank]!;
    const elapsedSeconds = lastMs === 0 ? 0 : Math.min(Math.max(0, nowMs - lastMs) / 1_000, longestStepSeconds);
    this.#movedAtMs[rank] = nowMs;
    const spread = token.volatility * Math.sqrt(elapsedSeconds);
    const price = within(this.#prices[rank]! * Math.exp(spread * random.normal()), token.firstPriceUsd);
    this.#prices[rank] = price;
    return price;
  }

  get all(): number[] {
    return [...this.#prices];
  }
}

function within(price: number, firstPriceUsd: number): number {
  return Math.min(Math.max(price, firstPriceUsd / widestFactor), firstPriceUsd * widestFactor);
}
