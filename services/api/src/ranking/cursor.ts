import { z } from 'zod';
import { decimalPattern } from '../decimals.ts';
import { Problem } from '../problems.ts';

/** Where a page of a ranking ended: the figure that was sorted by, and the token. */
export interface Position {
  value: string | null;
  token: string;
}

/** What a cursor belongs to: with other sorting the position means nothing. */
export interface Sorting {
  window: string;
  sort: string;
  order: 'asc' | 'desc';
}

const content = z.tuple([z.string(), z.string(), z.string(), z.string().regex(decimalPattern).nullable(), z.string()]);

export function encodeCursor({ window, sort, order }: Sorting, { value, token }: Position): string {
  return Buffer.from(JSON.stringify([window, sort, order, value, token])).toString('base64url');
}

/** @throws Problem CURSOR_INVALID */
export function decodeCursor(cursor: string, { window, sort, order }: Sorting): Position {
  let decoded: unknown;
  try {
    decoded = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    decoded = undefined;
  }
  const parsed = content.safeParse(decoded);
  if (!parsed.success) throw new Problem('CURSOR_INVALID', 'cursor is not one that this server gave; begin without it');
  const [ofWindow, ofSort, ofOrder, value, token] = parsed.data;
  if (ofWindow !== window || ofSort !== sort || ofOrder !== order) {
    throw new Problem(
      'CURSOR_INVALID',
      `cursor is of window=${ofWindow}, sort=${ofSort}, order=${ofOrder}; keep these or begin without it`,
    );
  }
  return { value, token };
}
