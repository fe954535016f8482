import { type CandleChange, partitionOf, type TokenChange } from '@tidemark/domain';
import type { Pool, PoolClient } from 'pg';
import type { PartitionKey, StoredShard } from './checkpoint.ts';
import { checksum } from './integrity.ts';

export const keyMatches = 'group_id = $1 AND topic = $2 AND partition = $3';
export const generationMatches = `${keyMatches} AND generation = $4`;

export function keyValues({ groupId, topic, partition }: PartitionKey): [string, string, number] {
  return [groupId, topic, partition];
}

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

/** Whose candles are written, and from which minute on no other generation's count, in ms. */
export interface CandleOwner {
  key: PartitionKey;
  generation: number;
  candlesFromMs: number;
}

/**
 * Absolute values of whole minutes; a minute whose swaps were all reverted goes. A minute that an earlier generation had complete
 * stays as it is. Rows travel as one JSON text: the driver's arrays are slow.
 */
export async function writeCandles(
  client: PoolClient,
  { key: { groupId }, generation, candlesFromMs }: CandleOwner,
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
       WHERE "minuteMs" >= $4 OR NOT EXISTS (SELECT 1 FROM candles AS older WHERE older.group_id = $1 AND older.token = candle.token
         AND older.minute_ms = candle."minuteMs" AND older.generation < $2)
       ON CONFLICT (group_id, token, minute_ms, generation) DO UPDATE SET open = excluded.open, high = excluded.high,
         low = excluded.low, close = excluded.close, volume_usd = excluded.volume_usd, volume = excluded.volume,
         trades = excluded.trades, final = excluded.final`,
      [groupId, generation, JSON.stringify(candles), candlesFromMs],
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

const tokensInPage = 20_000;

/**
 * Every token of the partition that any generation has counted, some thousands at a time: `tokens` has no partition, which follows from
 * the count, so that of twelve partitions one token in twelve is ours.
 */
export async function* tokenPages(
  client: Pool | PoolClient,
  { groupId, partition }: PartitionKey,
  partitionCount: number,
): AsyncGenerator<string[]> {
  let last = '';
  for (;;) {
    const { rows } = await client.query<{ token: string }>(
      'SELECT token FROM tokens WHERE group_id = $1 AND token > $2 ORDER BY token LIMIT $3',
      [groupId, last, tokensInPage],
    );
    if (rows.length === 0) return;
    last = rows.at(-1)!.token;
    yield rows.map(({ token }) => token).filter((token) => partitionOf(token, partitionCount) === partition);
  }
}

/** Removes what was stored of a generation that serves nobody. */
export async function removeGeneration(
  client: PoolClient,
  key: PartitionKey,
  generation: number,
  partitionCount: number,
): Promise<void> {
  await client.query(`DELETE FROM bases WHERE ${generationMatches}`, [...keyValues(key), generation]);
  for await (const tokens of tokenPages(client, key, partitionCount))
    await client.query('DELETE FROM candles WHERE group_id = $1 AND token = ANY($2) AND generation = $3', [
      key.groupId,
      tokens,
      generation,
    ]);
}

function isRemoved(change: CandleChange): change is RemovedCandle {
  return 'removed' in change;
}

/**
 * The labels of a token are those of its latest record that carries them, also when an earlier stretch of the log is counted again. In
 * the order of the tokens, so that a rebuild and the owner that goes on beside it cannot wait for one another.
 */
export async function writeTokens(client: PoolClient, groupId: string, tokens: TokenChange[]): Promise<void> {
  if (tokens.length === 0) return;
  await client.query(
    `INSERT INTO tokens (group_id, token, symbol, name, first_seen_ms, last_seen_ms)
     SELECT $1, token, symbol, name, "firstSeenMs", "lastSeenMs"
     FROM json_to_recordset($2) AS seen (token text, symbol text, name text, "firstSeenMs" bigint, "lastSeenMs" bigint)
     ORDER BY token
     ON CONFLICT (group_id, token) DO UPDATE SET
       symbol = CASE WHEN excluded.last_seen_ms >= tokens.last_seen_ms THEN coalesce(excluded.symbol, tokens.symbol)
         ELSE coalesce(tokens.symbol, excluded.symbol) END,
       name = CASE WHEN excluded.last_seen_ms >= tokens.last_seen_ms THEN coalesce(excluded.name, tokens.name)
         ELSE coalesce(tokens.name, excluded.name) END,
       first_seen_ms = least(tokens.first_seen_ms, excluded.first_seen_ms),
       last_seen_ms = greatest(tokens.last_seen_ms, excluded.last_seen_ms)`,
    [groupId, JSON.stringify(tokens)],
  );
}
