import type {
  LogRecord,
  Outcome,
  RejectionCode,
  Rules,
  Swap,
  TokenStatistics,
  WindowStatistics,
} from '@tidemark/domain';
import * as exact from './oracle-decimal.ts';

/**
 * The naive reading of docs/semantics.md: keeps every swap of the log in plain lists, recomputes each figure from
 * them, and shares nothing with the engine but the types. Slow and plain on purpose; one index by token, made once,
 * keeps it usable for half a million records.
 */
export interface OracleOptions {
  readonly rules: Rules;
  readonly partition: number;
  readonly partitionCount: number;
}

/** The newest version of an id; `known` ends when another swap of a forgotten id takes its place. */
interface Entry {
  swap: Swap;
}

interface OracleToken {
  watermarkMs: number;
  firstSeenMs: number;
  symbol: string | null;
  name: string | null;
  readonly byId: Map<string, Entry>;
  /** Every entry that was ever made; the counted swaps are the confirmed ones among them. */
  readonly entries: Entry[];
}

export interface Judged {
  readonly rules: Rules;
  readonly outcomes: Outcome[];
  readonly watermarkMs: number | null;
  /** Tokens in memory. */
  readonly tokens: ReadonlyMap<string, OracleToken>;
  readonly counters: { counted: number; duplicate: number; late: number; rejected: number };
  /** All counted swaps of a token, forgotten or not, sorted by the order of open and close. */
  countedSwaps(token: string): readonly Swap[];
  /** Everything that could be counted, by token: for candles. */
  readonly everyToken: readonly string[];
}

const MINUTE_MS = 60_000;
const FUTURE_MS = 60_000;
const STATUS_RANK = { pending: 0, confirmed: 1, reverted: 2 };

/** Judges the records of one partition in offset order. */
export function judge(records: Iterable<LogRecord>, options: OracleOptions): Judged {
  const oracle = new Oracle(options);
  for (const record of records) oracle.judge(record);
  return oracle.result();
}

export class Oracle {
  readonly #options: OracleOptions;
  readonly #longestMs: number;
  readonly #forgetMs: number;
  readonly #tokens = new Map<string, OracleToken>();
  readonly #everyEntry = new Map<string, Entry[]>();
  readonly #outcomes: Outcome[] = [];
  readonly #counters = { counted: 0, duplicate: 0, late: 0, rejected: 0 };
  #watermarkMs = Number.NEGATIVE_INFINITY;

  constructor(options: OracleOptions) {
    this.#options = options;
    const { windows, latenessMs } = options.rules;
    this.#longestMs = Math.max(...windows.map((window) => window.lengthMs));
    const coarsestMs = Math.max(MINUTE_MS, ...windows.map((window) => window.resolutionMs));
    this.#forgetMs = this.#longestMs + Math.max(latenessMs, FUTURE_MS + coarsestMs);
  }

  judge(record: LogRecord): Outcome {
    const outcome = this.#judge(record);
    this.#outcomes.push(outcome);
    if (outcome.kind === 'accepted') this.#counters.counted += 1;
    else if (outcome.kind === 'duplicate') this.#counters.duplicate += 1;
    else if (outcome.code === 'LATE') this.#counters.late += 1;
    else this.#counters.rejected += 1;
    return outcome;
  }

  /** Rule 4 as it stands: a timestamp of the token below this is late. */
  lateBoundOf(token: string): number {
    const { latenessMs } = this.#options.rules;
    const tokenMs = this.#tokens.get(token)?.watermarkMs ?? Number.NEGATIVE_INFINITY;
    return Math.max(tokenMs - latenessMs, this.#watermarkMs - this.#longestMs - latenessMs);
  }

  result(): Judged {
    const sorted = new Map<string, Swap[]>();
    const everyEntry = this.#everyEntry;
    return {
      rules: this.#options.rules,
      outcomes: this.#outcomes,
      watermarkMs: this.#watermarkMs === Number.NEGATIVE_INFINITY ? null : this.#watermarkMs,
      tokens: this.#tokens,
      counters: this.#counters,
      everyToken: [...everyEntry.keys()],
      countedSwaps(token) {
        let swaps = sorted.get(token);
        if (swaps === undefined) {
          swaps = (everyEntry.get(token) ?? [])
            .map((entry) => entry.swap)
            .filter((swap) => (swap.status ?? 'confirmed') === 'confirmed');
          swaps.sort(inOrder);
          sorted.set(token, swaps);
        }
        return swaps;
      },
    };
  }

  #judge(record: LogRecord): Outcome {
    const { rules } = this.#options;
    const read = readSwap(record, this.#options);
    if (typeof read === 'string') return rejected(read);
    const swap = read;
    if (swap.timestamp > record.appendTimeMs + FUTURE_MS) return rejected('FUTURE');
    if (swap.timestamp < this.lateBoundOf(swap.token)) return rejected('LATE');
    const token = this.#tokens.get(swap.token);
    const entry = token?.byId.get(swap.id);
    const known =
      entry !== undefined && entry.swap.timestamp >= token!.watermarkMs - rules.latenessMs ? entry : undefined;
    const outcome = this.#identify(swap, known);
    this.#move(swap);
    return outcome;
  }

  #identify(swap: Swap, known: Entry | undefined): Outcome {
    if (known !== undefined) {
      if (known.swap.timestamp !== swap.timestamp) return rejected('ID_REUSED');
      if (!isAbove(swap, known.swap)) return { kind: 'duplicate', token: swap.token };
      known.swap = swap;
    }
    const token = this.#tokens.get(swap.token) ?? this.#create(swap.token);
    if (known === undefined) {
      const entry = { swap };
      token.byId.set(swap.id, entry);
      token.entries.push(entry);
      const every = this.#everyEntry.get(swap.token);
      if (every === undefined) this.#everyEntry.set(swap.token, [entry]);
      else every.push(entry);
    }
    if (swap.symbol !== undefined) token.symbol = swap.symbol;
    if (swap.name !== undefined) token.name = swap.name;
    token.firstSeenMs = Math.min(token.firstSeenMs, swap.timestamp);
    return { kind: 'accepted', token: swap.token };
  }

  #create(name: string): OracleToken {
    const token: OracleToken = {
      watermarkMs: Number.NEGATIVE_INFINITY,
      firstSeenMs: Number.POSITIVE_INFINITY,
      symbol: null,
      name: null,
      byId: new Map(),
      entries: [],
    };
    this.#tokens.set(name, token);
    return token;
  }

  #move(swap: Swap): void {
    const token = this.#tokens.get(swap.token)!;
    token.watermarkMs = Math.max(token.watermarkMs, swap.timestamp);
    const before = Math.floor(this.#watermarkMs / MINUTE_MS);
    this.#watermarkMs = Math.max(this.#watermarkMs, swap.timestamp);
    const minute = Math.floor(this.#watermarkMs / MINUTE_MS);
    if (minute === before) return;
    for (const [name, { watermarkMs }] of this.#tokens) {
      const lastMinuteEndMs = (Math.floor(watermarkMs / MINUTE_MS) + 1) * MINUTE_MS;
      if (lastMinuteEndMs < minute * MINUTE_MS - this.#forgetMs) this.#tokens.delete(name);
    }
  }
}

function rejected(code: RejectionCode): Outcome {
  return { kind: 'rejected', code, reason: '' };
}

function isAbove(swap: Swap, known: Swap): boolean {
  const version = swap.version ?? 1;
  const knownVersion = known.version ?? 1;
  if (version !== knownVersion) return version > knownVersion;
  return STATUS_RANK[swap.status ?? 'confirmed'] > STATUS_RANK[known.status ?? 'confirmed'];
}

/** The order of open and close. */
function inOrder(a: Swap, b: Swap): number {
  return (
    a.timestamp - b.timestamp ||
    (a.block ?? -1) - (b.block ?? -1) ||
    (a.logIndex ?? -1) - (b.logIndex ?? -1) ||
    Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)) ||
    (a.id < b.id ? -1 : Number(a.id > b.id))
  );
}

/** Checks 1 and 2, from the words of the specification. */
function readSwap(record: LogRecord, options: OracleOptions): Swap | RejectionCode {
  const { key, value } = record;
  if (record.unreadable) return 'BATCH_UNREADABLE';
  if (value === null) return 'NOT_JSON';
  if (value.length > options.rules.maxRecordBytes) return 'RECORD_TOO_LARGE';
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return 'NOT_UTF8';
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'NOT_JSON';
  }
  if (!isSwap(parsed)) return 'SCHEMA';
  if (key === null || Buffer.compare(Buffer.from(key), Buffer.from(parsed.token)) !== 0) return 'PARTITION_MISMATCH';
  if (kafkaPartition(Buffer.from(key), options.partitionCount) !== options.partition) return 'PARTITION_MISMATCH';
  for (const address of [parsed.token, parsed.trader, parsed.pool ?? '']) {
    for (const part of address.split(':')) {
      if (/^0[xX][0-9a-fA-F]+$/.test(part) && part !== part.toLowerCase()) return 'ADDRESS_NOT_NORMALISED';
    }
  }
  return parsed;
}

function isSwap(value: unknown): value is Swap {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const isText = (name: string, pattern: RegExp) =>
    typeof fields.get(name) === 'string' && pattern.test(fields.get(name) as string);
  const isIndex = (name: string, least: number) =>
    Number.isSafeInteger(fields.get(name)) && (fields.get(name) as number) >= least;
  const optional = (name: string, holds: boolean) => !fields.has(name) || holds;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the specification names them
  const name = /^[^\u0000-\u001f\u007f]{1,128}$/; // oxlint-disable-line no-control-regex
  const label = /^[^\u0000-\u001f\u007f]{0,128}$/; // oxlint-disable-line no-control-regex
  return (
    !fields.has('__proto__') &&
    isText('id', name) &&
    isText('trader', name) &&
    isText('token', /^[A-Za-z0-9:._-]{1,128}$/) &&
    isText('side', /^(buy|sell)$/) &&
    isText('amount', /^(0|[1-9]\d{0,29})(\.\d{1,18})?$/) &&
    isText('amount', /[1-9]/) &&
    isText('usd', /^(0|[1-9]\d{0,14})(\.\d{1,18})?$/) &&
    Number.isSafeInteger(fields.get('timestamp')) &&
    optional('version', isIndex('version', 1)) &&
    optional('status', isText('status', /^(pending|confirmed|reverted)$/)) &&
    optional('block', isIndex('block', 0)) &&
    optional('logIndex', isIndex('logIndex', 0)) &&
    optional('chain', isText('chain', label) || isIndex('chain', 0)) &&
    ['pool', 'txHash', 'symbol', 'name'].every((field) => optional(field, isText(field, label)))
  );
}

const u32 = (x: bigint): bigint => x & 0xffffffffn;

/** Kafka's murmur2 and `toPositive`, in BigInt. */
function kafkaPartition(key: Uint8Array, partitionCount: number): number {
  const m = 0x5bd1e995n;
  let h = u32(0x9747b28cn ^ BigInt(key.length));
  let i = 0;
  for (; i + 4 <= key.length; i += 4) {
    let k = BigInt(key[i]! | (key[i + 1]! << 8) | (key[i + 2]! << 16)) + BigInt(key[i + 3]!) * 0x1000000n;
    k = u32(k * m);
    k = u32((k ^ (k >> 24n)) * m);
    h = u32(h * m) ^ k;
  }
  if (i < key.length) {
    for (let j = key.length - 1; j >= i; j -= 1) h ^= BigInt(key[j]!) << BigInt(8 * (j - i));
    h = u32(h * m);
  }
  h = u32((h ^ (h >> 13n)) * m);
  h ^= h >> 15n;
  return Number((h & 0x7fffffffn) % BigInt(partitionCount));
}

/** The statistics of a token at a moment; null when it is not in memory. */
export function statistics(judged: Judged, token: string, tMs: number): TokenStatistics | null {
  const known = judged.tokens.get(token);
  if (known === undefined) return null;
  const swaps = judged.countedSwaps(token);
  const windows: Record<string, WindowStatistics> = {};
  let longest = judged.rules.windows[0]!;
  for (const window of judged.rules.windows) {
    if (window.lengthMs > longest.lengthMs) longest = window;
    const { lengthMs, resolutionMs } = window;
    const head = Math.floor(tMs / resolutionMs);
    const inside = swaps.filter((swap) => {
      const bucket = Math.floor(swap.timestamp / resolutionMs);
      return bucket > head - lengthMs / resolutionMs && bucket <= head;
    });
    windows[window.name] = summarise(inside, judged.rules);
  }
  return { token, symbol: known.symbol, name: known.name, price: windows[longest.name]!.close, windows };
}

/** The figures of a list of swaps in the order of open and close. */
export function summarise(swaps: readonly Swap[], rules: Rules): WindowStatistics {
  const buys = swaps.filter((swap) => swap.side === 'buy');
  const sells = swaps.filter((swap) => swap.side === 'sell');
  const priced = swaps.filter((swap) => exact.isPriced(swap.usd, rules.priceMinUsd));
  const pricesInside = priced.map(priceOf);
  const open = pricesInside[0];
  const close = pricesInside[pricesInside.length - 1];
  return {
    trades: swaps.length,
    buys: buys.length,
    sells: sells.length,
    volumeUsd: usdOf(swaps),
    buyUsd: usdOf(buys),
    sellUsd: usdOf(sells),
    volume: amountOf(swaps),
    buyVolume: amountOf(buys),
    sellVolume: amountOf(sells),
    traders: new Set(swaps.map((swap) => swap.trader)).size,
    buyers: new Set(buys.map((swap) => swap.trader)).size,
    sellers: new Set(sells.map((swap) => swap.trader)).size,
    open: open === undefined ? null : exact.format(open),
    high: open === undefined ? null : exact.format(pricesInside.reduce((a, b) => (exact.compare(b, a) > 0 ? b : a))),
    low: open === undefined ? null : exact.format(pricesInside.reduce((a, b) => (exact.compare(b, a) < 0 ? b : a))),
    close: close === undefined ? null : exact.format(close),
    vwap:
      open === undefined
        ? null
        : exact.format(
            exact.divide(
              sum(priced, (s) => exact.usd(s.usd)),
              sum(priced, (s) => exact.amount(s.amount)),
            ),
          ),
    change: open === undefined || close === undefined ? null : exact.change(open, close),
  };
}

/** Each swap is asked for its price in several windows. */
const prices = new WeakMap<Swap, exact.Price>();

function priceOf(swap: Swap): exact.Price {
  let price = prices.get(swap);
  if (price === undefined) {
    price = exact.divide(exact.usd(swap.usd), exact.amount(swap.amount));
    prices.set(swap, price);
  }
  return price;
}

function sum(swaps: readonly Swap[], of: (swap: Swap) => bigint): bigint {
  return swaps.reduce((total, swap) => total + of(swap), 0n);
}

function usdOf(swaps: readonly Swap[]): string {
  return exact.text(
    sum(swaps, (swap) => exact.usd(swap.usd)),
    6,
  );
}

function amountOf(swaps: readonly Swap[]): string {
  return exact.text(
    sum(swaps, (swap) => exact.amount(swap.amount)),
    18,
  );
}
