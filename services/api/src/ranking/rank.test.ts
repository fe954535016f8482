import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { emptyWindow } from '@tidemark/domain';
import { createRandom, type Random } from '@tidemark/testing';
import type { StatsRecord } from '@tidemark/wire';
import { compareDecimals } from '../decimals.ts';
import { type RankingField, rankingFields } from '../metrics-of-window.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type Bound, type RankingQuery, rank } from './rank.ts';
import { RankingTable } from './table.ts';

function record(
  token: string,
  figures: Partial<StatsRecord['windows'][string]> = {},
  extra: Partial<StatsRecord> = {},
): StatsRecord {
  const windows = { '1h': { ...emptyWindow(), ...figures } };
  return { token, symbol: null, name: null, version: [1, 1, 1, 1], asOf: 1, price: null, windows, ...extra };
}

function tableOf(...records: StatsRecord[]): RankingTable {
  const table = new RankingTable(1);
  for (const value of records) table.write(value);
  return table;
}

const byVolume: RankingQuery = {
  window: '1h',
  sort: 'volumeUsd',
  order: 'desc',
  limit: 10,
  bounds: [],
  prefix: '',
  after: null,
};

function tokensOf(table: RankingTable, query: Partial<RankingQuery> = {}): string[] {
  return rank(table, { ...byVolume, ...query }).rows.map((row) => table.record(row)!.token);
}

describe('a ranking', () => {
  test('is exact where doubles are equal', () => {
    const table = tableOf(
      record('b', { volumeUsd: '9007199254740993.000001' }),
      record('c', { volumeUsd: '9007199254740993.000002' }),
      record('a', { volumeUsd: '9007199254740993' }),
    );
    assert.deepEqual(tokensOf(table), ['c', 'b', 'a']);
    assert.deepEqual(tokensOf(table, { order: 'asc' }), ['a', 'b', 'c']);
    const bounds: Bound[] = [{ field: 'volumeUsd', kind: 'min', value: '9007199254740993.000001' }];
    assert.deepEqual(tokensOf(table, { bounds }), ['c', 'b']);
  });

  test('puts nulls last in either order, and equal figures in the order of tokens', () => {
    const table = tableOf(
      record('n2'),
      record('b', { close: '2' }),
      record('n1'),
      record('a', { close: '2' }),
      record('c', { close: '1' }),
    );
    assert.deepEqual(tokensOf(table, { sort: 'close' }), ['a', 'b', 'c', 'n1', 'n2']);
    assert.deepEqual(tokensOf(table, { sort: 'close', order: 'asc' }), ['c', 'a', 'b', 'n1', 'n2']);
  });

  test('leaves out what is outside a bound, null among it', () => {
    const table = tableOf(record('a', { change: '-0.5' }), record('b', { change: '0.1' }), record('c'));
    assert.deepEqual(tokensOf(table, { bounds: [{ field: 'change', kind: 'max', value: '0' }] }), ['a']);
    assert.deepEqual(tokensOf(table, { bounds: [{ field: 'change', kind: 'min', value: '-0.5' }] }), ['a', 'b']);
  });

  test('finds by the beginning of symbol, name or token', () => {
    const table = tableOf(
      record('1:0xab', {}, { symbol: 'WETH', name: 'Wrapped Ether' }),
      record('1:0xcd', {}, { symbol: 'USDC', name: 'Wrong' }),
    );
    assert.deepEqual(tokensOf(table, { prefix: 'wr' }), ['1:0xab', '1:0xcd']);
    assert.deepEqual(tokensOf(table, { prefix: 'weth' }), ['1:0xab']);
    assert.deepEqual(tokensOf(table, { prefix: '1:0xc' }), ['1:0xcd']);
    assert.deepEqual(tokensOf(table, { prefix: 'ether' }), []);
  });

  test('holds the newest record of a token, and none after its tombstone', () => {
    const table = tableOf(record('a', { volumeUsd: '1' }, { version: [1, 5, 1, 1] }));
    table.write(record('a', { volumeUsd: '9' }, { version: [1, 4, 1, 1] }));
    assert.equal(table.figure(0, '1h', 'volumeUsd'), '1');
    table.write(record('a', { volumeUsd: '2' }, { version: [1, 6, 1, 1] }));
    assert.equal(table.figure(0, '1h', 'volumeUsd'), '2');
    table.apply({ kind: 'tombstone', token: 'a' });
    table.write(record('b', { volumeUsd: '3' }));
    assert.deepEqual(tokensOf(table), ['b']);
    assert.equal(table.rowCount, 1);
  });
});

const sorting = { window: '1h', sort: 'volumeUsd', order: 'desc' } as const;

test('a cursor reads back under the sorting it belongs to, and no other', () => {
  const cursor = encodeCursor(sorting, { value: '-0.5', token: '1:0xab' });
  assert.deepEqual(decodeCursor(cursor, sorting), { value: '-0.5', token: '1:0xab' });
  assert.throws(() => decodeCursor(cursor, { ...sorting, order: 'asc' }), { code: 'CURSOR_INVALID' });
  assert.throws(() => decodeCursor(cursor, { ...sorting, window: '5m' }), { code: 'CURSOR_INVALID' });
});

test('a cursor that this server did not give is refused', () => {
  const forged = Buffer.from(JSON.stringify(['1h', 'volumeUsd', 'desc', '1e9', 'a'])).toString('base64url');
  for (const cursor of ['', 'x', '%', 'AAAA', forged, Buffer.from('null').toString('base64url')]) {
    assert.throws(() => decodeCursor(cursor, sorting), { code: 'CURSOR_INVALID' }, cursor);
  }
});

function randomTable(random: Random): StatsRecord[] {
  const decimal = () =>
    random.pick([
      '0',
      '0.5',
      '1',
      '1.000000000000000001',
      '1.000000000000000002',
      '99',
      '12345678901234567.1',
      '12345678901234567.2',
    ]);
  return Array.from({ length: random.int(80) }, (_, n) =>
    record(
      `t${(n * 37) % 101}`,
      {
        volumeUsd: decimal(),
        trades: random.int(4),
        close: random.chance(0.3) ? null : decimal(),
        change: random.pick([null, '-0.25', '0', '0.25']),
      },
      { price: random.chance(0.3) ? null : decimal(), symbol: random.pick([null, 'AA', 'ab', 'B']) },
    ),
  );
}

/** Ranks by sorting everything, with exact comparisons only. */
function naively(records: StatsRecord[], { window, sort, order, bounds, prefix }: RankingQuery): string[] {
  const figure = (value: StatsRecord, field: RankingField) => {
    const raw = field === 'price' ? value.price : value.windows[window]![field];
    return raw === null ? null : String(raw);
  };
  return records
    .filter((value) =>
      bounds.every(({ field, kind, value: bound }) => {
        const held = figure(value, field);
        return (
          held !== null && (kind === 'min' ? compareDecimals(held, bound) >= 0 : compareDecimals(held, bound) <= 0)
        );
      }),
    )
    .filter(({ token, symbol }) => [token, symbol ?? ''].some((text) => text.toLowerCase().startsWith(prefix)))
    .toSorted((a, b) => {
      const [figureA, figureB] = [figure(a, sort), figure(b, sort)];
      if (figureA === null || figureB === null)
        return Number(figureA === null) - Number(figureB === null) || (a.token < b.token ? -1 : 1);
      return (order === 'asc' ? 1 : -1) * compareDecimals(figureA, figureB) || (a.token < b.token ? -1 : 1);
    })
    .map(({ token }) => token);
}

for (let seed = 1; seed <= 40; seed++) {
  test(`pages together are the whole ranking, in order and without repetition (seed ${seed})`, () => {
    const random = createRandom(seed);
    const records = randomTable(random);
    const table = tableOf(...records);
    const query: RankingQuery = {
      window: '1h',
      sort: random.pick(rankingFields),
      order: random.pick(['asc', 'desc']),
      limit: random.between(1, 20),
      bounds: random.chance(0.5)
        ? [
            {
              field: random.pick(['trades', 'volumeUsd', 'change']),
              kind: random.pick(['min', 'max']),
              value: random.pick(['0', '1', '-0.25']),
            },
          ]
        : [],
      prefix: random.pick(['', '', 'a', 't1']),
      after: null,
    };
    const found: string[] = [];
    for (let after = query.after; ; ) {
      const { rows, next } = rank(table, { ...query, after });
      found.push(...rows.map((row) => table.record(row)!.token));
      assert.ok(rows.length === query.limit || next === null);
      if (next === null) break;
      after = decodeCursor(encodeCursor(query, next), query);
    }
    assert.deepEqual(found, naively(records, query));
  });
}
