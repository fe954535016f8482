import { type Judged, summarise } from '@tidemark/testing';
import { differences } from '../../support/figures.ts';
import type { Installation } from '../../support/installation.ts';

const minuteMs = 60_000;

interface Row {
  token: string;
  minute: string;
  open: string | null;
  high: string | null;
  low: string | null;
  close: string | null;
  volumeUsd: string;
  volume: string;
  trades: number;
}

/** Each field of the one-minute candles in Postgres that is not what the oracle says. */
export async function wrongCandles(
  { postgres, stack }: Installation,
  log: readonly Judged[],
): Promise<{ wrong: string[]; count: number }> {
  const { rows } = await postgres.query<Row>(
    `SELECT token, minute_ms AS minute, open, high, low, close, volume_usd AS "volumeUsd", volume, trades::integer
     FROM candles WHERE group_id = $1`,
    [stack.env['GROUP_ID']],
  );
  const found = new Map(rows.map(({ token, minute, ...candle }) => [`candle of ${token} at ${minute}`, candle]));
  const expected = new Map(log.flatMap((judged) => expectedCandles(judged)));
  const names = new Set([...found.keys(), ...expected.keys()]);
  const wrong = [...names].flatMap((name) => differences(name, found.get(name), expected.get(name) ?? null));
  return { wrong, count: expected.size };
}

function expectedCandles(judged: Judged) {
  return judged.everyToken.flatMap((token) => {
    const minutes = Map.groupBy(
      judged.countedSwaps(token),
      ({ timestamp }) => Math.floor(timestamp / minuteMs) * minuteMs,
    );
    return [...minutes].map(([minute, swaps]) => {
      const { open, high, low, close, volumeUsd, volume, trades } = summarise(swaps, judged.rules);
      const fields = { open, high, low, close, volumeUsd, volume, trades };
      return [`candle of ${token} at ${minute}`, fields] as [string, typeof fields];
    });
  });
}
