import type { RecordedSwap, SwapStatus } from '@tidemark/domain';

/** In the order in which one status replaces another; their places are what the table holds. */
export const statuses: readonly SwapStatus[] = ['pending', 'confirmed', 'reverted'];

export const columns =
  'token, id, version, status, time_ms, trader, is_buy, amount, usd, chain, pool, tx_hash, block, log_index, symbol, name, topic, partition, log_offset, append_time_ms';

/** Rows in the text form of COPY. */
export function copyText(rows: readonly RecordedSwap[]): string {
  let text = '';
  for (const row of rows) text += copyLine(row);
  return text;
}

function copyLine({ swap, topic, partition, offset, appendTimeMs }: RecordedSwap): string {
  const fields = [
    swap.token,
    field(swap.id),
    swap.version ?? 1,
    statuses.indexOf(swap.status ?? 'confirmed'),
    swap.timestamp,
    field(swap.trader),
    swap.side === 'buy' ? 't' : 'f',
    swap.amount,
    swap.usd,
    optional(swap.chain),
    optional(swap.pool),
    optional(swap.txHash),
    swap.block ?? '\\N',
    swap.logIndex ?? '\\N',
    optional(swap.symbol),
    optional(swap.name),
    field(topic),
    partition,
    offset,
    appendTimeMs,
  ];
  return `${fields.join('\t')}\n`;
}

function optional(value: string | number | undefined): string {
  return value === undefined ? '\\N' : field(String(value));
}

/** A swap has no control characters, so the backslash is all that means something to COPY. */
function field(text: string): string {
  const stored = storedText(text);
  return stored.includes('\\') ? stored.replaceAll('\\', '\\\\') : stored;
}

/**
 * Text in PostgreSQL cannot hold half a surrogate pair, and two ids that differ in one must not become the same. Such a text is kept as JSON
 * behind a character that no field can have.
 */
export function storedText(text: string): string {
  return text.isWellFormed() ? text : `\u0001${JSON.stringify(text)}`;
}

export function readText(stored: string): string {
  return stored.startsWith('\u0001') ? (JSON.parse(stored.slice(1)) as string) : stored;
}
