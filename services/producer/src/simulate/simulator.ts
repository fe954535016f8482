import type { Swap } from '@tidemark/domain';
import { DueQueue } from './due-queue.ts';
import type { Market } from './market.ts';
import { PriceWalk } from './prices.ts';
import { Random } from './random.ts';
import { Zipf } from './zipf.ts';

/** Shares of the swaps, each from 0 to 1, that are not simply sent once and in order. */
export interface Shares {
  /** Sent a second time, some time later. */
  duplicate: number;
  /** Stamped before what was sent earlier, and still accepted. */
  reorder: number;
  /** Stamped longer ago than the lateness: to be rejected. */
  late: number;
  /** Sent as pending first, and confirmed later. */
  pending: number;
  /** Taken back some time after they were confirmed. */
  reverted: number;
}

export interface SimulatorOptions {
  market: Market;
  /** Equal seeds, runs and times give equal streams. */
  seed: string;
  /** Part of every id, so that the ids of two runs differ. */
  run: string;
  /** Exponent of the tokens' shares: the token of rank n trades in proportion to 1 / n^exponent. */
  zipfExponent: number;
  latenessMs: number;
  shares: Shares;
  /** Prices to go on from, by rank of the token. */
  prices?: readonly number[];
}

/** How many re-sends and later versions may wait for their moment; past it swaps are sent once and plain. */
export const maxWaiting = 100_000;

const longestDelayMs = 60_000;
const medianTradeUsd = 300;
const tradeSpread = 1.7;
const largestTradeUsd = 5_000_000;
const dustShare = 0.01;
const buyShare = 0.51;
/** How far a trade's own price may lie from the walk's, as a fraction. */
const priceImpact = 0.0005;
const significantDigits = 9;
const usdDigits = 6;
const blockMs = 12_000;
/** A block of Ethereum and its time, from which the numbers of others follow. */
const knownBlock = { number: 18_937_382, timestampMs: 1_704_412_823_000 };
const logsPerBlock = 400;

/** An endless stream of swaps of an invented market. Pure: time is passed in, chance comes from the seed. */
export class Simulator {
  readonly #options: SimulatorOptions;
  readonly #random: Random;
  readonly #zipf: Zipf;
  readonly #prices: PriceWalk;
  readonly #waiting = new DueQueue<Swap>(maxWaiting);
  /** The greatest time stamp of each token so far, by rank. */
  readonly #newestMs: Float64Array;
  #made = 0;

  constructor(options: SimulatorOptions) {
    const { market, seed, zipfExponent, prices } = options;
    this.#options = options;
    this.#random = new Random(`swaps:${seed}`);
    this.#zipf = new Zipf(market.tokens.length, zipfExponent);
    this.#prices = new PriceWalk(market.tokens, prices);
    this.#newestMs = new Float64Array(market.tokens.length);
  }

  /** Prices in USD by rank of the token. */
  get prices(): number[] {
    return this.#prices.all;
  }

  /** The swap to send at `nowMs`: one that waited for this moment, or a new one. */
  next(nowMs: number): Swap {
    return this.#waiting.take(nowMs) ?? this.#trade(nowMs);
  }

  #trade(nowMs: number): Swap {
    const random = this.#random;
    const { shares } = this.#options;
    const rank = this.#zipf.draw(random);
    const swap = this.#newSwap(rank, nowMs, this.#stamp(rank, nowMs));
    const pending = random.chance(shares.pending);
    const reverted = random.chance(shares.reverted);
    if (random.chance(shares.duplicate)) this.#later(nowMs, pending ? { ...swap, status: 'pending' } : swap);
    if (pending) {
      const confirmedMs = this.#later(nowMs, { ...swap, version: 2, status: 'confirmed' });
      if (reverted) this.#later(confirmedMs, { ...swap, version: 3, status: 'reverted' });
      return { ...swap, status: 'pending' };
    }
    if (reverted) this.#later(nowMs, { ...swap, version: 2, status: 'reverted' });
    return swap;
  }

  /** Has the swap sent after some time; answers with the moment. */
  #later(nowMs: number, swap: Swap): number {
    const dueMs = nowMs + Math.ceil(this.#random.between(0, this.#longestDelayMs));
    this.#waiting.add(dueMs, swap);
    return dueMs;
  }

  /** What is sent later has to come inside the lateness, also when the rate holds it back and it was stamped in the past. */
  get #longestDelayMs(): number {
    return Math.min(longestDelayMs, this.#options.latenessMs / 8);
  }

  #stamp(rank: number, nowMs: number): number {
    const random = this.#random;
    const { shares, latenessMs } = this.#options;
    const newestMs = this.#newestMs[rank]!;
    const draw = random.fraction();
    if (draw < shares.late && newestMs > 0) {
      return Math.max(0, newestMs - latenessMs - Math.ceil(random.between(1_000, 600_000)));
    }
    let stampMs = nowMs;
    if (draw >= shares.late && draw < shares.late + shares.reorder) {
      // Mostly the seconds of a slow path; now and then the minutes of a source that was away.
      const furthestMs = random.chance(0.1) ? latenessMs / 2 : Math.min(5_000, latenessMs / 2);
      stampMs = Math.max(0, nowMs - Math.ceil(random.between(0, furthestMs)));
    }
    if (stampMs > newestMs) this.#newestMs[rank] = stampMs;
    return stampMs;
  }

  #newSwap(rank: number, nowMs: number, timestampMs: number): Swap {
    const random = this.#random;
    const { market, run } = this.#options;
    const token = market.tokens[rank]!;
    const number = this.#made++;
    const priceUsd = this.#prices.at(rank, nowMs, random) * random.between(1 - priceImpact, 1 + priceImpact);
    const { amount, usd } = tradeOf(priceUsd, token.decimals, random);
    return {
      id: `sim:${run}:${number.toString(36)}`,
      version: 1,
      status: 'confirmed',
      chain: 1,
      pool: token.pool,
      block: Math.max(0, knownBlock.number + Math.floor((timestampMs - knownBlock.timestampMs) / blockMs)),
      logIndex: number % logsPerBlock,
      symbol: token.symbol,
      name: token.name,
      token: token.id,
      // A few trade much, many a little.
      trader: market.traders[Math.floor(market.traders.length * random.fraction() ** 3)]!,
      side: random.chance(buyShare) ? 'buy' : 'sell',
      amount,
      usd,
      timestamp: timestampMs,
    };
  }
}

/** A trade's size: log-normal, with some dust. */
function tradeOf(priceUsd: number, decimals: number, random: Random): { amount: string; usd: string } {
  const usd = random.chance(dustShare)
    ? random.fraction()
    : Math.min(medianTradeUsd * Math.exp(tradeSpread * random.normal()), largestTradeUsd);
  const amount = usd / priceUsd;
  const wholeDigits = Math.ceil(Math.log10(amount));
  const digits = Math.min(decimals, Math.max(0, significantDigits - wholeDigits));
  const smallest = 10 ** -decimals;
  return { amount: Math.max(amount, smallest).toFixed(digits), usd: usd.toFixed(usdDigits) };
}
