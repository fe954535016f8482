import assert from 'node:assert/strict';
import {
  createRandom,
  generateSwaps,
  type Judged,
  Oracle,
  type Random,
  statistics,
  summarise,
  toRecord,
} from '@tidemark/testing';
import {
  type CandleChange,
  type Cut,
  createEngine,
  createRegister,
  type Engine,
  type LogRecord,
  type LogState,
  parseWindows,
  type Register,
  type Rules,
  type ShardEncoding,
  type TokenStatistics,
} from '../src/index.ts';

/** One run of the engine against the oracle; a property test draws these. */
export interface Scenario {
  readonly seed: number;
  readonly records: number;
  readonly tokens: number;
  readonly traders: number;
  readonly stepMs: number;
  readonly latenessMs: number;
  readonly windows: string;
  readonly priceMinUsd: string;
  /** Chance, per record, that the run stops to compare everything. */
  readonly checkChance: number;
  /** Chance, per check, that the engine is thrown away and restored from shards and journals. */
  readonly restoreChance: number;
  /** How far the read moment may lie from the watermark. */
  readonly spreadMs: number;
}

const PARTITION = { partition: 0, partitionCount: 1, shardCount: 8 };
const MINUTE_MS = 60_000;

/** Applies a seeded log to engine and oracle and compares all that can be seen, again and again. */
export function runScenario(scenario: Scenario): void {
  new Run(scenario).all();
}

class Run {
  readonly #scenario: Scenario;
  readonly #rules: Rules;
  readonly #random: Random;
  readonly #oracle: Oracle;
  readonly #store = new Store();
  #engine: Engine;
  /** Lives through without a restore: the restored one must stay equal to it. */
  readonly #steady: Engine;
  /** Judges alike, and counts nothing. */
  #register: Register;
  readonly #registerStore = new Store();
  /** What readers hold: the last figures that were read after `takeChanged` named the token. */
  readonly #published = new Map<string, TokenStatistics>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const { latenessMs, priceMinUsd } = scenario;
    this.#rules = { latenessMs, windows: parseWindows(scenario.windows), priceMinUsd, maxRecordBytes: 65_536 };
    this.#random = createRandom(scenario.seed ^ 0x5eed);
    this.#oracle = new Oracle({ rules: this.#rules, ...PARTITION });
    this.#engine = this.#create();
    this.#steady = this.#create();
    this.#register = this.#createRegister();
  }

  #createRegister(): Register {
    return createRegister({ rules: this.#rules, ...PARTITION });
  }

  #create(): Engine {
    return createEngine({ rules: this.#rules, ...PARTITION });
  }

  all(): void {
    const { seed, records: count, tokens, traders, stepMs, latenessMs, checkChance } = this.#scenario;
    let offset = 0;
    for (const generated of generateSwaps({ seed, count, tokens, traders, stepMs, latenessMs })) {
      this.#apply(toRecord(generated, offset));
      offset += 1;
      if (this.#random.chance(0.2)) for (const store of [this.#store, this.#registerStore]) store.encode(() => false);
      if (this.#random.chance(checkChance)) this.#check();
    }
    this.#check();
    this.#letAllLeave();
  }

  #apply(record: LogRecord): void {
    const expected = this.#oracle.judge(record);
    const actual = this.#engine.apply(record);
    assert.deepEqual(this.#steady.apply(record), actual);
    const registered = this.#register.apply(record);
    assert.deepEqual(
      registered.kind === 'accepted' ? { kind: 'accepted', token: registered.swap.token } : registered,
      actual,
    );
    if (registered.kind === 'accepted') assert.deepEqual(registered.swap, JSON.parse(String(record.value)));
    if (expected.kind === 'rejected') assert.equal(actual.kind === 'rejected' && actual.code, expected.code);
    else assert.deepEqual(actual, expected);
  }

  #check(): void {
    const judged = this.#oracle.result();
    assert.equal(this.#engine.watermarkMs, judged.watermarkMs);
    assert.deepEqual(this.#engine.counters, judged.counters);
    assert.deepEqual([...this.#engine.tokens()].toSorted(), [...judged.tokens.keys()].toSorted());
    if (judged.watermarkMs !== null) this.#advance(judged.watermarkMs);
    this.#compareFigures(judged);
    this.#cutAndCompare(judged);
    this.#cutRegister(judged);
    if (this.#random.chance(this.#scenario.restoreChance)) this.#restore();
  }

  /** Steps and jumps; sometimes not at all, never to before what reads promise. */
  #advance(watermarkMs: number): void {
    const { spreadMs } = this.#scenario;
    const tMs = watermarkMs - 60_000 + this.#random.int(this.#random.chance(0.2) ? spreadMs : 70_000);
    // As an owner does whose clock had run ahead: then the moment may also be an earlier one.
    if (this.#random.chance(0.1)) for (const engine of [this.#engine, this.#steady]) engine.rewind();
    const from = this.#engine.tMs;
    for (let i = 1; i <= 3; i += 1) this.#engine.advance(Math.floor(from + ((tMs - from) * i) / 3));
    this.#steady.advance(tMs);
  }

  #compareFigures(judged: Judged): void {
    const named = new Set<string>();
    while (this.#engine.changedCount > 0) {
      for (const token of this.#engine.takeChanged(7)) {
        assert.equal(named.has(token), false, 'a token is named once');
        named.add(token);
        const figures = this.#engine.read(token);
        if (figures === null) this.#published.delete(token);
        else this.#published.set(token, figures);
      }
    }
    assert.deepEqual([...this.#published.keys()].toSorted(), [...judged.tokens.keys()].toSorted());
    const tMs = this.#engine.tMs;
    assert.equal(this.#steady.tMs, tMs);
    for (const token of judged.tokens.keys()) {
      const expected = statistics(judged, token, tMs);
      assert.deepEqual(this.#engine.read(token), expected, `${token} at ${tMs}`);
      assert.deepEqual(this.#steady.read(token), expected, `${token} at ${tMs} without a restore`);
      assert.deepEqual(this.#published.get(token), expected, `${token} at ${tMs} as published`);
    }
  }

  #cutAndCompare(judged: Judged): void {
    const cut = this.#engine.cut();
    assert.deepEqual(cut, this.#steady.cut());
    assert.equal(this.#engine.cut(), null);
    if (cut !== null) this.#store.write(cut, this.#engine, this.#random);
    this.#store.compareCandles(judged, this.#oracle);
    this.#store.compareTokens(judged);
  }

  #cutRegister(judged: Judged): void {
    assert.equal(this.#register.watermarkMs, judged.watermarkMs);
    assert.equal(this.#register.tokenCount, judged.tokens.size);
    assert.deepEqual(this.#register.counters, judged.counters);
    const cut = this.#register.cut();
    assert.equal(this.#register.cut(), null);
    if (cut !== null) this.#registerStore.write(cut, this.#register, this.#random);
  }

  #restore(): void {
    this.#register = this.#createRegister();
    this.#registerStore.restore(this.#register);
    assert.equal(this.#register.cut(), null);
    const restored = this.#create();
    this.#store.restore(restored);
    restored.advance(this.#engine.tMs);
    assert.deepEqual([...restored.tokens()].toSorted(), [...this.#engine.tokens()].toSorted());
    assert.equal(restored.cut(), null);
    this.#engine = restored;
  }

  /** Long after, each token is empty, by time alone; and what was published says so. */
  #letAllLeave(): void {
    const watermarkMs = this.#oracle.result().watermarkMs;
    if (watermarkMs === null) return;
    this.#engine.advance(watermarkMs + 8 * 86_400_000);
    this.#steady.advance(watermarkMs + 8 * 86_400_000);
    this.#compareFigures(this.#oracle.result());
  }
}

/** What a checkpoint store would hold: bases at their own cuts, journals, candles and tokens. */
class Store {
  readonly #journals: Uint8Array[] = [];
  readonly #bases = new Map<number, { readonly bytes: Uint8Array; readonly journals: number }>();
  readonly #candles = new Map<string, Exclude<CandleChange, { removed: true }>>();
  readonly #tokens = new Map<string, { symbol: string | null; name: string | null; lastSeenMs: number }>();
  #head: Cut['head'] | null = null;
  #encoding: { readonly shard: number; readonly journals: number; readonly bytes: ShardEncoding } | undefined;

  write(cut: Cut, engine: LogState, random: Random): void {
    this.#journals.push(cut.journal);
    this.#head = JSON.parse(JSON.stringify(cut.head)) as Cut['head'];
    for (const shard of engine.dirtyShards()) {
      if (this.#encoding !== undefined) break;
      if (!random.chance(0.2)) continue;
      this.#encoding = { shard, journals: this.#journals.length, bytes: engine.beginShard(shard) };
      if (random.chance(0.5)) this.encode(() => true);
    }
    for (const candle of cut.candles) {
      const key = `${candle.token} ${candle.minuteMs}`;
      assert.notEqual(this.#candles.get(key)?.final, true, 'a final candle does not change');
      if ('removed' in candle) this.#candles.delete(key);
      else this.#candles.set(key, candle);
    }
    for (const { token, ...change } of cut.tokens) this.#tokens.set(token, change);
  }

  /** Goes on with the base that was begun at a cut; records were applied since then. */
  encode(hasTime: () => boolean): void {
    if (this.#encoding === undefined) return;
    const { shard, journals, bytes: encoding } = this.#encoding;
    const bytes = encoding.step(hasTime);
    if (bytes === undefined) return;
    this.#bases.set(shard, { bytes, journals });
    this.#encoding = undefined;
  }

  restore(engine: LogState): void {
    this.#encoding = undefined;
    for (const [shard, { bytes }] of this.#bases) engine.restoreShard(shard, bytes);
    this.#journals.forEach((journal, i) =>
      engine.replay(journal, (shard) => (this.#bases.get(shard)?.journals ?? 0) <= i),
    );
    if (this.#head !== null) engine.restoreHead(this.#head);
  }

  compareCandles(judged: Judged, oracle: Oracle): void {
    const expected = new Map<string, unknown>();
    for (const token of judged.everyToken) {
      const minutes = Map.groupBy(
        judged.countedSwaps(token),
        (swap) => Math.floor(swap.timestamp / MINUTE_MS) * MINUTE_MS,
      );
      for (const [minuteMs, swaps] of minutes) {
        const { open, high, low, close, volumeUsd, volume, trades } = summarise(swaps, judged.rules);
        expected.set(`${token} ${minuteMs}`, { token, minuteMs, open, high, low, close, volumeUsd, volume, trades });
      }
    }
    const actual = [...this.#candles].map(([key, { final: _, ...candle }]) => [key, candle] as const);
    assert.deepEqual(new Map(actual), expected);
    for (const { token, minuteMs, final } of this.#candles.values()) {
      const isLate = minuteMs + MINUTE_MS < oracle.lateBoundOf(token);
      // An idle token is told that a minute is final when it is spoken of again, at the latest when it is forgotten.
      if (final) assert.ok(isLate, 'a final candle is late');
      else if (!judged.tokens.has(token)) assert.fail('the candles of a forgotten token are final');
    }
  }

  compareTokens(judged: Judged): void {
    for (const [token, { symbol, name, watermarkMs }] of judged.tokens) {
      const told = this.#tokens.get(token)!;
      assert.deepEqual([told.symbol, told.name], [symbol, name]);
      assert.ok(watermarkMs - told.lastSeenMs <= 3_600_000);
    }
  }
}
