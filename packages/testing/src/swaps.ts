import type { LogRecord, Swap } from '@tidemark/domain';
import { createRandom, createZipf, type Random } from './random.ts';

/** Shares of all records, each in [0, 1]; what is left over are ordinary new swaps. */
export interface SwapShares {
  /** An earlier swap sent again as it was. */
  readonly duplicate: number;
  /** An earlier id with a higher version and other content. */
  readonly version: number;
  /** An earlier id with another status, in whatever order. */
  readonly status: number;
  /** A new swap with a status that does not count (yet). */
  readonly pending: number;
  /** A new swap stamped somewhere inside the lateness, behind the others. */
  readonly reordered: number;
  /** Older than the lateness of its token. */
  readonly late: number;
  /** Stamped up to 60 s ahead of its append time. */
  readonly ahead: number;
  /** Stamped more than 60 s ahead of its append time. */
  readonly future: number;
  /** A known id with another timestamp. */
  readonly reused: number;
}

export interface SwapLogOptions {
  readonly seed: number;
  readonly count: number;
  readonly tokens?: number;
  readonly traders?: number;
  /** Append time of the first record. */
  readonly startMs?: number;
  /** Mean distance of append times. */
  readonly stepMs?: number;
  readonly latenessMs?: number;
  /** How uneven the tokens are: the exponent of a Zipf distribution. */
  readonly skew?: number;
  readonly shares?: Partial<SwapShares>;
  /** Share of values and amounts at the ends of what the schema allows. */
  readonly extreme?: number;
  /** Ids begin with it: another log over the same tokens takes another one. */
  readonly idPrefix?: string;
}

export interface GeneratedSwap {
  readonly swap: Swap;
  readonly appendTimeMs: number;
}

export const ADVERSARIAL_SHARES: SwapShares = {
  duplicate: 0.06,
  version: 0.05,
  status: 0.08,
  pending: 0.06,
  reordered: 0.12,
  late: 0.02,
  ahead: 0.05,
  future: 0.01,
  reused: 0.02,
};

/** How many of the last swaps may be sent again, replaced or reverted. */
const MEMORY = 1_000;

/** A seeded log of swaps with everything that real streams do to an aggregator. */
export function* generateSwaps(options: SwapLogOptions): Generator<GeneratedSwap> {
  const source = new SwapSource(options);
  for (let i = 0; i < options.count; i += 1) yield source.next();
}

/** The record of a generated swap: its key is the token. */
export function toRecord({ swap, appendTimeMs }: GeneratedSwap, offset: number): LogRecord {
  return { offset, appendTimeMs, key: Buffer.from(swap.token), value: Buffer.from(JSON.stringify(swap)) };
}

type Kind = keyof SwapShares | 'ordinary';

class SwapSource {
  readonly #random: Random;
  readonly #token: () => number;
  readonly #shares: readonly (readonly [Kind, number])[];
  readonly #sent: Swap[] = [];
  readonly #traders: number;
  readonly #stepMs: number;
  readonly #latenessMs: number;
  readonly #extreme: number;
  readonly #idPrefix: string;
  #nowMs: number;
  #made = 0;

  constructor(options: SwapLogOptions) {
    this.#random = createRandom(options.seed);
    this.#token = createZipf(options.tokens ?? 20, options.skew ?? 1, this.#random);
    this.#shares = Object.entries({ ...ADVERSARIAL_SHARES, ...options.shares }) as [Kind, number][];
    this.#traders = options.traders ?? 50;
    this.#nowMs = options.startMs ?? 1_700_000_000_000;
    this.#stepMs = options.stepMs ?? 1_000;
    this.#latenessMs = options.latenessMs ?? 20 * 60_000;
    this.#extreme = options.extreme ?? 0.05;
    this.#idPrefix = options.idPrefix ?? 's';
  }

  next(): GeneratedSwap {
    // Squared, so that bursts inside one second and long pauses both happen.
    this.#nowMs += Math.round(this.#random.next() ** 2 * 3 * this.#stepMs);
    const swap = this.#make(this.#kind());
    this.#remember(swap);
    return { swap, appendTimeMs: this.#nowMs };
  }

  #kind(): Kind {
    let left = this.#random.next();
    for (const [kind, share] of this.#shares) {
      left -= share;
      if (left < 0) return kind;
    }
    return 'ordinary';
  }

  #make(kind: Kind): Swap {
    const random = this.#random;
    const earlier = this.#sent.length > 0 ? random.pick(this.#sent) : undefined;
    switch (kind) {
      case 'duplicate':
        return earlier ?? this.#fresh(0);
      case 'version':
        return earlier === undefined ? this.#fresh(0) : this.#again(earlier, (earlier.version ?? 1) + 1);
      case 'status':
        return earlier === undefined
          ? this.#fresh(0)
          : { ...earlier, status: random.pick(['pending', 'confirmed', 'reverted']) };
      case 'pending':
        return { ...this.#fresh(0), status: random.pick(['pending', 'pending', 'reverted']) };
      case 'reordered':
        return this.#onSecond(this.#fresh(-random.int(this.#latenessMs + 1)));
      case 'late':
        return this.#fresh(-this.#latenessMs - random.int(this.#latenessMs + 60_000));
      case 'ahead':
        return this.#fresh(random.between(1, 60_000));
      case 'future':
        return this.#fresh(60_001 + random.int(10_000_000));
      case 'reused':
        return earlier === undefined ? this.#fresh(0) : { ...earlier, timestamp: this.#nowMs - random.int(60_000) };
      case 'ordinary':
      default:
        return this.#onSecond(this.#fresh(-random.int(2_000)));
    }
  }

  #fresh(shiftMs: number): Swap {
    const random = this.#random;
    this.#made += 1;
    const token = this.#token();
    return {
      id: `${this.#idPrefix}${this.#made}`,
      token: `t${token}`,
      trader: `0x${random.int(this.#traders).toString(16).padStart(40, '0')}`,
      side: random.chance(0.55) ? 'buy' : 'sell',
      amount: this.#amount(),
      usd: this.#usd(),
      timestamp: this.#nowMs + shiftMs,
      ...(random.chance(0.5) ? { block: random.int(5) } : {}),
      ...(random.chance(0.5) ? { logIndex: random.int(3) } : {}),
      ...(random.chance(0.2) ? { symbol: `S${token}${random.pick(['', '', 'x'])}` } : {}),
      ...(random.chance(0.1) ? { name: `Token ${token}` } : {}),
    };
  }

  /** Block times are whole seconds, and many swaps share one: half of all, so that ties are common. */
  #onSecond(swap: Swap): Swap {
    return this.#random.chance(0.5) ? swap : { ...swap, timestamp: Math.floor(swap.timestamp / 1000) * 1000 };
  }

  /** Another version: anything but the id, the token and the timestamp may differ. */
  #again(earlier: Swap, version: number): Swap {
    const { id, token, timestamp } = earlier;
    return {
      ...this.#fresh(0),
      id,
      token,
      timestamp,
      version,
      status: this.#random.pick(['pending', 'confirmed', 'confirmed', 'reverted']),
    };
  }

  #amount(): string {
    const random = this.#random;
    if (random.chance(this.#extreme)) {
      return random.pick([
        '0.000000000000000001',
        '999999999999999999999999999999.999999999999999999',
        '1',
        `${this.#digits(30)}.${this.#digits(18)}`,
      ]);
    }
    return random.chance(0.3)
      ? String(random.between(1, 5_000))
      : `${random.int(100_000)}.${this.#digits(random.between(1, 18))}`;
  }

  #usd(): string {
    const random = this.#random;
    if (random.chance(this.#extreme)) {
      return random.pick([
        '0',
        '0.0000005',
        '0.0000015',
        '999999999999999.999999999999999999',
        '0.9999995',
        '0.999999',
        `${this.#digits(15)}.${this.#digits(18)}`,
      ]);
    }
    return random.chance(0.1) ? `0.${this.#digits(6)}` : `${random.int(20_000)}.${this.#digits(random.between(1, 8))}`;
  }

  /** Digits of which neither the first nor the last is 0, so that they fit anywhere in a decimal. */
  #digits(count: number): string {
    let digits = '';
    for (let i = 0; i < count; i += 1)
      digits += String(i === 0 || i === count - 1 ? this.#random.between(1, 9) : this.#random.int(10));
    return digits;
  }

  #remember(swap: Swap): void {
    if (this.#sent.length < MEMORY) this.#sent.push(swap);
    else this.#sent[this.#random.int(MEMORY)] = swap;
  }
}
