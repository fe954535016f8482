import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { murmur2, partitionOf } from '../murmur2.ts';
import { TooManyTokensError } from '../rejections.ts';
import { defaultRules } from '../rules.ts';
import type { Swap } from '../swap.ts';
import { createEngine } from './engine.ts';
import type { Engine, EngineOptions, LogRecord, Outcome } from './types.ts';

const START_MS = 1_700_000_000_000;
const HOUR_MS = 3_600_000;

function create(options: Partial<EngineOptions> = {}): Engine {
  return createEngine({ rules: defaultRules, partition: 0, partitionCount: 1, ...options });
}

let offset = 0;

function record(swap: Partial<Swap>, overrides: Partial<LogRecord> = {}): LogRecord {
  offset += 1;
  const full = {
    id: `i${offset}`,
    token: 'T',
    trader: 'x',
    side: 'buy',
    amount: '2',
    usd: '10',
    timestamp: START_MS,
    ...swap,
  };
  return {
    offset,
    appendTimeMs: full.timestamp + 1_000,
    key: Buffer.from(full.token),
    value: Buffer.from(JSON.stringify(full)),
    ...overrides,
  };
}

/** Applies a swap of so many minutes after the start, and says how many tokens the cut tells. */
const told = (subject: Engine, minutes: number) => {
  subject.apply(record({ timestamp: START_MS + minutes * 60_000 }));
  return subject.cut()?.tokens.length;
};

function encoded(subject: Engine, shard: number): Uint8Array {
  return subject.beginShard(shard).step(() => true)!;
}

const codeOf = (outcome: Outcome) => (outcome.kind === 'rejected' ? outcome.code : outcome.kind);

describe('judgement', () => {
  it('each bad record is refused with its code, moves nothing, and is counted once', () => {
    const engine = create();
    engine.apply(record({}));
    const bad: [string, LogRecord][] = [
      ['BATCH_UNREADABLE', record({}, { unreadable: { firstOffset: 0, reason: 'it is cut off' } })],
      ['RECORD_TOO_LARGE', record({}, { value: Buffer.alloc(2_000_000) })],
      ['NOT_UTF8', record({}, { value: Buffer.from([0xff]) })],
      ['NOT_JSON', record({}, { value: Buffer.from('NaN') })],
      ['NOT_JSON', record({}, { value: null })],
      ['SCHEMA', record({}, { value: Buffer.from('null') })],
      ['SCHEMA', record({ usd: '-1' })],
      ['PARTITION_MISMATCH', record({}, { key: Buffer.from('U') })],
      ['PARTITION_MISMATCH', record({}, { key: null })],
      ['ADDRESS_NOT_NORMALISED', record({ trader: `0x${'A'.repeat(40)}` })],
      ['ADDRESS_NOT_NORMALISED', record({ pool: `0x${'A'.repeat(40)}` })],
      ['ADDRESS_NOT_NORMALISED', record({ token: `1:0x${'A'.repeat(40)}` })],
      ['FUTURE', record({ timestamp: START_MS + 100_000 }, { appendTimeMs: START_MS + 39_999 })],
      ['LATE', record({ timestamp: START_MS - 20 * 60_000 - 1 })],
    ];
    for (const [code, bad_] of bad) assert.equal(codeOf(engine.apply(bad_)), code);
    assert.equal(engine.watermarkMs, START_MS);
    assert.deepEqual(engine.counters, { counted: 1, duplicate: 0, late: 1, rejected: bad.length - 1 });
    assert.equal(engine.tokenCount, 1);
  });

  it('a record in another partition than its token is refused, though its key is right', () => {
    const partition = partitionOf('T', 12);
    assert.equal(codeOf(create({ partition, partitionCount: 12 }).apply(record({}))), 'accepted');
    assert.equal(
      codeOf(create({ partition: (partition + 1) % 12, partitionCount: 12 }).apply(record({}))),
      'PARTITION_MISMATCH',
    );
  });

  it('a forgotten id that is used again stays known when its first use is let go', () => {
    const engine = create();
    const lateMs = 20 * 60_000 + 1;
    const again = { id: 'a', timestamp: START_MS + lateMs };
    const log = [
      { id: 'a' },
      { id: 'b', timestamp: START_MS + lateMs },
      again,
      { id: 'c', timestamp: START_MS + lateMs + 200_000 },
      again,
    ];
    const outcomes = log.map((swap) => codeOf(engine.apply(record(swap))));
    assert.deepEqual(outcomes, ['accepted', 'accepted', 'accepted', 'accepted', 'duplicate']);
  });

  it('one token too many stops the partition before anything changed, and known tokens go on', () => {
    const engine = create({ maxTokens: 2 });
    engine.apply(record({ token: 'A' }));
    engine.apply(record({ token: 'B' }));
    const counters = { ...engine.counters };
    assert.throws(
      () => engine.apply(record({ token: 'C', timestamp: START_MS + 5_000 })),
      (error) => error instanceof TooManyTokensError && error.code === 'TOO_MANY_TOKENS',
    );
    assert.deepEqual(engine.counters, counters);
    assert.equal(engine.watermarkMs, START_MS);
    assert.equal(codeOf(engine.apply(record({ token: 'B' }))), 'accepted');
  });
});

describe('the read moment', () => {
  it('a smaller moment is ignored', () => {
    const engine = create();
    engine.advance(START_MS);
    engine.advance(START_MS - 1);
    engine.advance(Number.NaN);
    assert.equal(engine.tMs, START_MS);
  });

  it('rewound, it may be an earlier one: every token is named, with the figures of that moment', () => {
    const engine = create();
    engine.apply(record({}));
    engine.apply(record({ token: 'U', timestamp: START_MS + 5_000 }));
    engine.advance(START_MS + HOUR_MS);
    engine.takeChanged();
    assert.equal(engine.read('U')?.windows['5m']?.trades, 0);
    engine.rewind();
    engine.advance(START_MS + 4_000);
    assert.deepEqual(engine.takeChanged(), ['T', 'U']);
    assert.equal(engine.read('T')?.windows['5m']?.trades, 1);
    assert.equal(engine.read('U')?.windows['5m']?.trades, 0);
    engine.advance(START_MS + 5_000);
    assert.deepEqual(engine.takeChanged(), ['U'], 'what lies ahead comes in at its time');
    assert.equal(engine.read('U')?.windows['5m']?.trades, 1);
  });

  it('a token is named when time alone changes its figures, and only then', () => {
    const engine = create();
    engine.apply(record({}));
    engine.advance(START_MS);
    assert.deepEqual(engine.takeChanged(), ['T']);
    engine.advance(START_MS + 299_999);
    assert.deepEqual(engine.takeChanged(), []);
    engine.advance(START_MS + 300_000);
    assert.deepEqual(engine.takeChanged(), ['T']);
    assert.equal(engine.read('T')?.windows['5m']?.trades, 0);
    assert.equal(engine.read('T')?.windows['1h']?.trades, 1);
    engine.advance(START_MS + 50 * HOUR_MS);
    assert.deepEqual(engine.takeChanged(), ['T']);
    assert.equal(engine.read('T')?.windows['24h']?.trades, 0);
    assert.equal(engine.read('T')?.price, null);
    engine.advance(START_MS + 100 * HOUR_MS);
    assert.equal(engine.changedCount, 0);
  });

  it('a swap stamped ahead enters when its second comes, and its trader with it', () => {
    const engine = create();
    engine.apply(record({ trader: 'x' }));
    engine.apply(record({ trader: 'x', timestamp: START_MS + 5_000 }));
    engine.advance(START_MS + 4_999);
    engine.takeChanged();
    assert.deepEqual([engine.read('T')?.windows['5m']?.trades, engine.read('T')?.windows['5m']?.traders], [1, 1]);
    engine.advance(START_MS + 5_000);
    assert.deepEqual(engine.takeChanged(), ['T']);
    assert.deepEqual([engine.read('T')?.windows['5m']?.trades, engine.read('T')?.windows['5m']?.traders], [2, 1]);
  });
});

describe('forgetting', () => {
  it('a token whose every time is late and out of every window is named once more and is gone', () => {
    const engine = create();
    engine.apply(record({ symbol: 'OLD' }));
    engine.advance(START_MS);
    engine.takeChanged();
    engine.cut();
    engine.apply(record({ token: 'N', timestamp: START_MS + 25 * HOUR_MS }));
    assert.deepEqual(engine.takeChanged().toSorted(), ['N', 'T']);
    assert.equal(engine.read('T'), null);
    assert.deepEqual([...engine.tokens()], ['N']);
    const cut = engine.cut();
    const seen = { token: 'T', symbol: 'OLD', name: null, firstSeenMs: START_MS, lastSeenMs: START_MS };
    assert.deepEqual(
      cut?.tokens.find(({ token }) => token === 'T'),
      seen,
    );
    const minutes = cut?.candles.filter(({ token }) => token === 'T');
    assert.deepEqual(
      minutes?.map((candle) => 'final' in candle && candle.final),
      [true],
    );
  });

  it('a token that comes back is new: its old labels do not come with it', () => {
    const engine = create();
    engine.apply(record({ symbol: 'OLD' }));
    engine.apply(record({ token: 'N', timestamp: START_MS + 25 * HOUR_MS }));
    engine.apply(record({ timestamp: START_MS + 25 * HOUR_MS }));
    assert.equal(engine.read('T')?.symbol, null);
  });
});

describe('cuts', () => {
  it('what changed is handed over once; a cut with nothing to say is null', () => {
    const engine = create();
    assert.equal(engine.cut(), null);
    engine.apply(record({ id: 'a' }));
    assert.equal(engine.cut()?.candles.length, 1);
    assert.equal(engine.cut(), null);
    engine.apply(record({ id: 'a' }));
    const cut = engine.cut();
    assert.deepEqual(cut?.candles, []);
    assert.equal(cut?.head.counters.duplicate, 1);
  });

  it('a minute of dust has volume and no prices; one that was reverted goes', () => {
    const engine = create();
    engine.apply(record({ id: 'dust', usd: '0.5' }));
    const [dust] = engine.cut()!.candles;
    assert.ok(dust !== undefined && !('removed' in dust));
    assert.deepEqual(
      [dust.open, dust.high, dust.low, dust.close, dust.volumeUsd, dust.trades],
      [null, null, null, null, '0.5', 1],
    );
    engine.apply(record({ id: 'dust', usd: '0.5', status: 'reverted' }));
    assert.deepEqual(engine.cut()?.candles, [{ token: 'T', minuteMs: dust.minuteMs, removed: true }]);
  });

  it('a shard that changed since the cut is not written: it would not fit its journals', () => {
    const engine = create();
    engine.apply(record({}));
    assert.throws(() => encoded(engine, engine.shardOf('T')), /changed since the last cut/);
    engine.cut();
    assert.deepEqual(engine.dirtyShards(), [engine.shardOf('T')]);
    assert.ok(encoded(engine, engine.shardOf('T')).length > 0);
    assert.deepEqual(engine.dirtyShards(), []);
  });

  it('a token is told again an hour after it was told last, also by an engine that was restored in between', () => {
    const engine = create();
    assert.deepEqual([told(engine, 0), told(engine, 50)], [1, 0]);
    const restored = create();
    restored.restoreShard(engine.shardOf('T'), encoded(engine, engine.shardOf('T')));
    restored.restoreHead({ watermarkMs: engine.watermarkMs, counters: engine.counters });
    assert.deepEqual([told(engine, 61), told(restored, 61)], [1, 1]);
  });

  it('shards do not follow partitions: the tokens of one partition spread over all of them', () => {
    const engine = create();
    const shards = new Set<number>();
    for (let i = 0; i < 20_000; i += 1)
      if ((murmur2(Buffer.from(`t${i}`)) & 0x7fffffff) % 12 === 3) shards.add(engine.shardOf(`t${i}`));
    assert.ok(shards.size > 240, `${shards.size} of 256 shards are in use`);
  });
});
