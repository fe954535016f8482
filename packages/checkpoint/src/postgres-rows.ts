import type { CandleChange, TokenChange } from '@tidemark/domain';
import type { PoolClient } from 'pg';

type RemovedCandle = Extract<CandleChange, { removed: true }>;
type Candle = Exclude<CandleChange, RemovedCandle>;

/** Absolute values of whole minutes; a minute whose swaps were all reverted goes. */
export async function writeCandles(
  client: PoolClient,
  groupId: string,
  generation: number,
  changes: CandleChange[],
): Promise<void> {
  const removed = changes.filter(isRemoved);
  const candles = changes.filter((change): change is Candle => !isRemoved(change));
  if (candles.length > 0) {
    await client.query(
      `INSERT INTO candles (group_id, generation, token, minute_ms, open, high, low, close, volume_usd, volume, trades, final)
       SELECT $1, $2, * FROM unnest($3::text[], $4::bigint[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[],
         $9::numeric[], $10::numeric[], $11::bigint[], $12::boolean[])
       ON CONFLICT (group_id, token, minute_ms, generation) DO UPDATE SET open = excluded.open, high = excluded.high,
         low = excluded.low, close = excluded.close, volume_usd = excluded.volume_usd, volume = excluded.volume,
         trades = excluded.trades, final = excluded.final`,
      [
        groupId,
        generation,
        candles.map(({ token }) => token),
        candles.map(({ minuteMs }) => minuteMs),
        candles.map(({ open }) => open),
        candles.map(({ high }) => high),
        candles.map(({ low }) => low),
        candles.map(({ close }) => close),
        candles.map(({ volumeUsd }) => volumeUsd),
        candles.map(({ volume }) => volume),
        candles.map(({ trades }) => trades),
        candles.map(({ final }) => final),
      ],
    );
  }
  if (removed.length > 0) {
    await client.query(
      `DELETE FROM candles USING unnest($3::text[], $4::bigint[]) AS gone (token, minute_ms)
       WHERE candles.group_id = $1 AND candles.generation = $2 AND candles.token = gone.token AND candles.minute_ms = gone.minute_ms`,
      [groupId, generation, removed.map(({ token }) => token), removed.map(({ minuteMs }) => minuteMs)],
    );
  }
}

function isRemoved(change: CandleChange): change is RemovedCandle {
  return 'removed' in change;
}

export async function writeTokens(client: PoolClient, groupId: string, tokens: TokenChange[]): Promise<void> {
  if (tokens.length === 0) return;
  await client.query(
    `INSERT INTO tokens (group_id, token, symbol, name, first_seen_ms, last_seen_ms)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
     ON CONFLICT (group_id, token) DO UPDATE SET symbol = coalesce(excluded.symbol, tokens.symbol),
       name = coalesce(excluded.name, tokens.name), first_seen_ms = least(tokens.first_seen_ms, excluded.first_seen_ms),
       last_seen_ms = greatest(tokens.last_seen_ms, excluded.last_seen_ms)`,
    [
      groupId,
      tokens.map(({ token }) => token),
      tokens.map(({ symbol }) => symbol),
      tokens.map(({ name }) => name),
      tokens.map(({ firstSeenMs }) => firstSeenMs),
      tokens.map(({ lastSeenMs }) => lastSeenMs),
    ],
  );
}
