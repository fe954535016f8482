import { defaultRules, type LogRecord, type Rules, type Swap } from '@tidemark/domain';
import { Oracle } from '@tidemark/testing';
import type { Installation } from '../support/installation.ts';
import { readTopic } from '../support/log.ts';

/** How many rows, and the first few differences. */
export interface Comparison {
  rows: number;
  records: number;
  differences: string[];
}

/** Holds the table of swaps against the log: each record that the oracle accepts is one row, with all that it says, and there is no other. */
export async function compareWithLog(installation: Installation, rules: Rules = defaultRules): Promise<Comparison> {
  const log = await readTopic(installation, 'swaps');
  const expected = new Map<string, string>();
  for (const [partition, records] of log.entries()) {
    const oracle = new Oracle({ rules, partition, partitionCount: log.length });
    for (const record of records as LogRecord[]) {
      if (oracle.judge(record).kind !== 'accepted') continue;
      const swap = JSON.parse(String(record.value)) as Swap;
      expected.set(`${partition}@${record.offset}`, said(swap, record.appendTimeMs));
    }
  }
  const found = await storedRows(installation);
  const differences: string[] = [];
  for (const [place, swap] of expected)
    if (found.get(place) !== swap) differences.push(`${place}: ${found.get(place) ?? 'missing'} in place of ${swap}`);
  for (const place of found.keys()) if (!expected.has(place)) differences.push(`${place}: was not accepted`);
  return { rows: found.size, records: log.reduce((sum, records) => sum + records.length, 0), differences };
}

function said(swap: Swap, appendTimeMs: number): string {
  return JSON.stringify([
    swap.token,
    swap.id,
    swap.version ?? 1,
    swap.status ?? 'confirmed',
    swap.timestamp,
    swap.trader,
    swap.side,
    swap.amount,
    swap.usd,
    swap.chain === undefined ? null : String(swap.chain),
    swap.pool ?? null,
    swap.txHash ?? null,
    swap.block ?? null,
    swap.logIndex ?? null,
    swap.symbol ?? null,
    swap.name ?? null,
    appendTimeMs,
  ]);
}

const statuses = ['pending', 'confirmed', 'reverted'];

async function storedRows({ postgres }: Installation): Promise<Map<string, string>> {
  const { rows } = await postgres.query<Record<string, string> & { status: number; is_buy: boolean }>(
    'SELECT * FROM swaps',
  );
  return new Map(
    rows.map((row) => [
      `${row['partition']}@${row['log_offset']}`,
      JSON.stringify([
        row['token'],
        row['id'],
        Number(row['version']),
        statuses[row.status],
        Number(row['time_ms']),
        row['trader'],
        row.is_buy ? 'buy' : 'sell',
        row['amount'],
        row['usd'],
        row['chain'],
        row['pool'],
        row['tx_hash'],
        number(row['block']),
        number(row['log_index']),
        row['symbol'],
        row['name'],
        Number(row['append_time_ms']),
      ]),
    ]),
  );
}

function number(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text);
}
