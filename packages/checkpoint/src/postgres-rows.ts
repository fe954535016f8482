import type { CandleChange, TokenChange } from '@tidemark/domain';
import type { PoolClient } from 'pg';
import type { StoredShard } from './checkpoint.ts';
import { checksum } from './integrity.ts';

type RemovedCandle = Extract<CandleChange, { removed: true }>;
type Candle = Exclude<CandleChange, RemovedCandle>;

/** A longer base goes alone, as it is: bytes in an array travel as hexadecimal text, which the driver makes in one go. */
const longBaseBytes = 65_536;

/** `generation`: group id, topic, partition, generation. */
export async function writeBases(
  client: PoolClient,
  generation: readonly unknown[],
  codec: number,
  bases: readonly StoredShard[],
): Promise<void> {
  const onConflict = `ON CONFLICT (group_id, topic, partition, generation, shard)
    DO UPDATE SET at_offset = excluded.at_offset, codec = excluded.codec, checksum = excluded.checksum, bytes = excluded.bytes`;
  const [long, short] = [true, false].map((isLong) =>
    bases.filter(({ bytes }) => bytes.length > longBaseBytes === isLong),
  ) as [StoredShard[], StoredShard[]];
  for (const { shard, atOffset, bytes } of long) {
    await client.query(`INSERT INTO bases VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ${onConflict}`, [
      ...generation,
      shard,
      atOffset,
      codec,
      checksum(bytes),
      bytes,
    ]);
  }
  if (short.length === 0) return;
  await client.query(
    `INSERT INTO bases SELECT $1, $2, $3, $4, shard, at_offset, $5, checksum, bytes
     FROM unnest($6::integer[], $7::bigint[], $8::bigint[], $9::bytea[]) AS slice (shard, at_offset, checksum, bytes)
     ${onConflict}`,
    [
      ...generation,
      codec,
      short.map(({ shard }) => shard),
      short.map(({ atOffset }) => atOffset),
      short.map(({ bytes }) => checksum(bytes)),
      short.map(({ bytes }) => bytes),
    ],
  );
}

/** Absolute values of whole minutes; a minute whose swaps were all reverted goes. Rows travel as one JSON text: the driver's arrays are slow. */
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
       SELECT $1, $2, token, "minuteMs", open, high, low, close, "volumeUsd", volume, trades, final
       FROM json_to_recordset($3) AS candle (token text, "minuteMs" bigint, open numeric, high numeric, low numeric, close numeric,
         "volumeUsd" numeric, volume numeric, trades bigint, final boolean)
       ON CONFLICT (group_id, token, minute_ms, generation) DO UPDATE SET open = excluded.open, high = excluded.high,
         low = excluded.low, close = excluded.close, volume_usd = excluded.volume_usd, volume = excluded.volume,
         trades = excluded.trades, final = excluded.final`,
      [groupId, generation, JSON.stringify(candles)],
    );
  }
  if (removed.length > 0) {
    await client.query(
      `DELETE FROM candles USING json_to_recordset($3) AS gone (token text, "minuteMs" bigint)
       WHERE candles.group_id = $1 AND candles.generation = $2 AND candles.token = gone.token AND candles.minute_ms = gone."minuteMs"`,
      [groupId, generation, JSON.stringify(removed)],
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
     SELECT $1, token, symbol, name, "firstSeenMs", "lastSeenMs"
     FROM json_to_recordset($2) AS seen (token text, symbol text, name text, "firstSeenMs" bigint, "lastSeenMs" bigint)
     ON CONFLICT (group_id, token) DO UPDATE SET symbol = coalesce(excluded.symbol, tokens.symbol),
       name = coalesce(excluded.name, tokens.name), first_seen_ms = least(tokens.first_seen_ms, excluded.first_seen_ms),
       last_seen_ms = greatest(tokens.last_seen_ms, excluded.last_seen_ms)`,
    [groupId, JSON.stringify(tokens)],
  );
}
