import { createEngine, defaultRules, type Engine, type LogRecord } from '@tidemark/domain';
import { createRandom, type Random } from '@tidemark/testing';

const startMs = 1_700_000_000_000;
/** Prime to the numbers of tokens, so that every token has its turn before one has another, and neighbours do not follow each other. */
const stride = 7_919;

export interface StateOptions {
  seed: number;
  tokens: number;
  /** Swaps that the state is made of, of all tokens. */
  swaps: number;
  traders: number;
  /** Over how long a time the swaps are spread, in ms. */
  spreadMs: number;
  /** The share of all swaps that one token has; the others share the rest evenly. */
  busiest: number;
}

/** A partition's engine, and a source of further swaps for it. */
export class GrownState {
  readonly engine: Engine;
  readonly #options: StateOptions;
  readonly #random: Random;
  #offset = 0;
  #turn = 0;
  #nowMs = startMs;

  constructor(options: StateOptions) {
    this.#options = options;
    this.#random = createRandom(options.seed);
    this.engine = createEngine({ rules: defaultRules, partition: 0, partitionCount: 1 });
    const { tokens, swaps, spreadMs } = options;
    const stepMs = spreadMs / swaps;
    for (let made = 0; made < swaps; made++) this.apply(made < tokens ? made : this.#token(), stepMs);
    this.engine.cut();
  }

  get offset(): number {
    return this.#offset;
  }

  /** Applies one swap of each of so many tokens, which take turns; the event time moves by `stepMs` in all. */
  change(count: number, stepMs: number): void {
    const { tokens } = this.#options;
    for (let made = 0; made < count; made++) this.apply((this.#turn++ * stride) % tokens, stepMs / count);
  }

  /** Applies one swap of a token drawn anew. */
  go(stepMs: number): void {
    this.apply(this.#token(), stepMs);
  }

  apply(token: number, stepMs: number): void {
    this.#nowMs += stepMs;
    const outcome = this.engine.apply(this.#record(`1:0x${token.toString(16).padStart(40, '0')}`));
    if (outcome.kind !== 'accepted') throw new Error(`a swap of the benchmark was ${outcome.kind}`);
  }

  #token(): number {
    const { tokens, busiest } = this.#options;
    return this.#random.chance(busiest) ? 0 : this.#random.int(tokens);
  }

  #record(token: string): LogRecord {
    const random = this.#random;
    const offset = this.#offset++;
    const timestamp = Math.floor(this.#nowMs);
    const swap = {
      id: `1:0x${offset.toString(16).padStart(64, '0')}:${offset % 300}`,
      token,
      trader: `0x${random.int(this.#options.traders).toString(16).padStart(40, '0')}`,
      side: random.chance(0.5) ? 'buy' : 'sell',
      amount: `${random.between(1, 100_000)}.${random.between(1, 999_999)}`,
      usd: `${random.between(1, 10_000)}.${random.between(10, 99)}`,
      timestamp,
    };
    return { offset, appendTimeMs: timestamp, key: Buffer.from(token), value: Buffer.from(JSON.stringify(swap)) };
  }
}
