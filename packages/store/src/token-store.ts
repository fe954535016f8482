import { type Pool, postgresUnavailable } from './postgres.ts';

/** A token that was counted once, whether or not it still has statistics. Times are event times in ms. */
export interface KnownToken {
  token: string;
  symbol: string | null;
  name: string | null;
  firstSeenMs: number;
  lastSeenMs: number;
}

export interface TokenStore {
  /** Those of `tokens` that the consumer group has counted, in no particular order. @throws CodedError POSTGRES_UNAVAILABLE */
  find(groupId: string, tokens: readonly string[]): Promise<KnownToken[]>;
}

const findSql = `
  SELECT token, symbol, name, first_seen_ms, last_seen_ms
  FROM tokens
  WHERE group_id = $1 AND token = ANY($2::text[])`;

export function createPostgresTokenStore(pool: Pool): TokenStore {
  return {
    async find(groupId, tokens) {
      try {
        const { rows } = await pool.query<Row>({ name: 'find-tokens', text: findSql, values: [groupId, tokens] });
        return rows.map(fromRow);
      } catch (error) {
        throw postgresUnavailable(error);
      }
    },
  };
}

interface Row {
  token: string;
  symbol: string | null;
  name: string | null;
  /** bigint, which the driver gives as text. */
  first_seen_ms: string;
  last_seen_ms: string;
}

function fromRow(row: Row): KnownToken {
  return {
    token: row.token,
    symbol: row.symbol,
    name: row.name,
    firstSeenMs: Number(row.first_seen_ms),
    lastSeenMs: Number(row.last_seen_ms),
  };
}
