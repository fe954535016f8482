import { compareDecimals } from '../decimals.ts';
import type { RankingField } from '../metrics-of-window.ts';
import type { Position } from './cursor.ts';
import type { RankingTable } from './table.ts';
import { TopRows } from './top-rows.ts';

/** A bound on a figure; a token whose figure is null is outside of every bound. */
export interface Bound {
  field: RankingField;
  kind: 'min' | 'max';
  /** A decimal string. */
  value: string;
}

export interface RankingQuery {
  window: string;
  sort: RankingField;
  order: 'asc' | 'desc';
  limit: number;
  bounds: readonly Bound[];
  /** A prefix of the symbol, the name or the token, in lower case; empty matches all. */
  prefix: string;
  after: Position | null;
}

export interface RankingPage {
  rows: number[];
  /** Where the next page begins; null on the last one. */
  next: Position | null;
}

/** A page of the table by one figure: nulls last in either order, equal figures by token. */
export function rank(table: RankingTable, query: RankingQuery): RankingPage {
  const { window, sort, limit } = query;
  const compare = rowComparison(table, query);
  const accepts = rowFilter(table, query);
  // One more than the page holds tells whether another one follows.
  const top = new TopRows(limit + 1, compare);
  for (let row = 0; row < table.rowCount; row++) {
    if (accepts(row)) top.offer(row);
  }
  const found = top.sorted();
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  const next =
    found.length > limit && last !== undefined
      ? { value: table.figure(last, window, sort), token: table.record(last)!.token }
      : null;
  return { rows, next };
}

function rowComparison(table: RankingTable, { window, sort, order }: RankingQuery): (a: number, b: number) => number {
  const keys = table.columns.of(window, sort);
  const direction = order === 'asc' ? 1 : -1;
  return (a, b) => {
    const [keyA, keyB] = [keys[a]!, keys[b]!];
    if (keyA < keyB) return -direction;
    if (keyA > keyB) return direction;
    return (
      nullsLast(keyA, keyB) ||
      direction * compareEqualKeys(keyA, () => [table.figure(a, window, sort)!, table.figure(b, window, sort)!]) ||
      compareTokens(table.record(a)!.token, table.record(b)!.token)
    );
  };
}

function rowFilter(table: RankingTable, query: RankingQuery): (row: number) => boolean {
  const { window, sort, order, bounds, prefix, after } = query;
  const conditions: ((row: number) => boolean)[] = [(row) => table.record(row) !== null];
  for (const bound of bounds) conditions.push(withinBound(table, window, bound));
  if (prefix !== '') conditions.push((row) => table.searched(row).some((text) => text.startsWith(prefix)));
  if (after !== null) {
    const keys = table.columns.of(window, sort);
    const direction = order === 'asc' ? 1 : -1;
    const afterKey = after.value === null ? Number.NaN : Number(after.value);
    conditions.push((row) => {
      const key = keys[row]!;
      if (key !== afterKey && !Number.isNaN(key) && !Number.isNaN(afterKey)) return (key - afterKey) * direction > 0;
      const difference =
        nullsLast(key, afterKey) ||
        direction * compareEqualKeys(key, () => [table.figure(row, window, sort)!, after.value!]) ||
        compareTokens(table.record(row)!.token, after.token);
      return difference > 0;
    });
  }
  return (row) => conditions.every((holds) => holds(row));
}

function withinBound(table: RankingTable, window: string, { field, kind, value }: Bound): (row: number) => boolean {
  const keys = table.columns.of(window, field);
  const bound = Number(value);
  const direction = kind === 'min' ? 1 : -1;
  return (row) => {
    const key = keys[row]!;
    if (Number.isNaN(key)) return false;
    if (key !== bound) return (key - bound) * direction > 0;
    return direction * compareDecimals(table.figure(row, window, field)!, value) >= 0;
  };
}

function nullsLast(a: number, b: number): number {
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/** Doubles that are equal may stand for figures that differ past the 15th digit; zero stands for zero only. */
function compareEqualKeys(key: number, figures: () => [string, string]): number {
  if (Number.isNaN(key) || key === 0) return 0;
  return compareDecimals(...figures());
}

function compareTokens(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
