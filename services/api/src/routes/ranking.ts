import { staleAfterMs } from '@tidemark/wire';
import type { z } from 'zod';
import { type RankingField, rankingFields } from '../metrics-of-window.ts';
import { Problem } from '../problems.ts';
import { decodeCursor, encodeCursor } from '../ranking/cursor.ts';
import { type Bound, rank } from '../ranking/rank.ts';
import type { RankingTable } from '../ranking/table.ts';
import { rankingPage, rankingQuery } from '../schemas.ts';
import type { ApiServer } from '../server.ts';
import { problemResponses } from './responses.ts';

export interface RankingRouteDeps {
  table: RankingTable;
  /** The windows to offer while no owner has reported which ones it keeps, longest last. */
  windows: readonly string[];
  now(): number;
}

export function addRankingRoutes(app: ApiServer, { table, windows, now }: RankingRouteDeps): void {
  app.get(
    '/v1/tokens',
    {
      schema: {
        summary: 'Tokens ranked by a figure',
        description: 'From a table in memory that follows the statistics; `asOf` and `ageMs` say how recent it is.',
        tags: ['statistics'],
        querystring: rankingQuery,
        response: { 200: rankingPage, ...problemResponses(400, 503) },
      },
    },
    async ({ query }) => {
      const { sort, order, limit } = query;
      const window = chosenWindow(
        query.window,
        table.heartbeats.find((heartbeat) => heartbeat !== null)?.windows ?? windows,
      );
      const after = query.cursor === undefined ? null : decodeCursor(query.cursor, { window, sort, order });
      const prefix = (query.q ?? '').toLowerCase();
      const { rows, next } = rank(table, { window, sort, order, limit, after, prefix, bounds: boundsOf(query) });
      const oldest = table.oldestHeartbeat();
      const ageMs = oldest === null ? null : Math.max(0, now() - oldest.reportedAt);
      return {
        window,
        asOf: oldest?.version[3] ?? null,
        ageMs,
        stale: ageMs === null || ageMs > staleAfterMs,
        items: rows.map((row) => table.record(row)!),
        nextCursor: next === null ? null : encodeCursor({ window, sort, order }, next),
      };
    },
  );
}

function chosenWindow(asked: string | undefined, windows: readonly string[]): string {
  const window = asked ?? windows.at(-1)!;
  if (!windows.includes(window)) {
    throw new Problem('WINDOW_UNKNOWN', `window is one of ${windows.join(', ')}, not ${JSON.stringify(asked)}`);
  }
  return window;
}

function boundsOf(query: z.output<typeof rankingQuery>): Bound[] {
  const bound = (kind: Bound['kind'], field: RankingField): Bound[] => {
    const value = query[`${kind}.${field}`];
    return value === undefined ? [] : [{ kind, field, value }];
  };
  return rankingFields.flatMap((field) => [...bound('min', field), ...bound('max', field)]);
}
