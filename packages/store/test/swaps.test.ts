import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { RecordedSwap, Swap } from '@tidemark/domain';
import { silentLogger } from '@tidemark/runtime';
import { type IsolatedStack, isolate } from '@tidemark/testing';
import { migrate } from '../src/migrate.ts';
import { createPostgres, type Pool } from '../src/postgres.ts';
import { SwapDays } from '../src/swaps/swap-days.ts';
import { readText } from '../src/swaps/swap-row.ts';
import { SwapWriter } from '../src/swaps/swap-writer.ts';

const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 1, 27, 12);
const log = silentLogger();
let stack: IsolatedStack;
let pool: Pool;

before(async () => {
  stack = await isolate();
  await migrate({ url: stack.databaseUrl, log });
  pool = createPostgres({ url: stack.databaseUrl, log });
});

after(async () => {
  await pool.end();
  await stack.dispose();
});

let offset = 0;

function recorded(swap: Partial<Swap>): RecordedSwap {
  offset += 1;
  return {
    topic: 'swaps',
    partition: 3,
    offset,
    appendTimeMs: startMs + 1,
    swap: {
      id: `i${offset}`,
      token: 'T',
      trader: 'x',
      side: 'buy',
      amount: '2.50',
      usd: '0.000000000000000001',
      timestamp: startMs,
      ...swap,
    },
  };
}

async function write(swaps: RecordedSwap[], writer = new SwapWriter(pool)): Promise<void> {
  await writer.prepare(swaps);
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await writer.write(client, swaps);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

async function rowsOf(token: string) {
  return (await pool.query('SELECT * FROM swaps WHERE token = $1 ORDER BY log_offset', [token])).rows;
}

describe('the table of swaps', () => {
  test('holds what was written, to the last digit and character', async () => {
    const full = recorded({
      token: 'full',
      id: 'a\\b\\N "quoted" \u{1f680}',
      version: 2 ** 53 - 1,
      status: 'reverted',
      trader: 'tr\\.',
      side: 'sell',
      amount: '123456789012345678901234567890.123456789012345678',
      usd: '999999999999999.100000000000000000',
      chain: 1,
      pool: '',
      txHash: '0xab',
      block: 0,
      logIndex: 7,
      symbol: '\\N',
      name: 'N\\A',
    });
    await write([full]);
    const [row] = await rowsOf('full');
    assert.deepEqual(row, {
      token: 'full',
      id: full.swap.id,
      version: String(2 ** 53 - 1),
      status: 2,
      time_ms: String(startMs),
      trader: 'tr\\.',
      is_buy: false,
      amount: full.swap.amount,
      usd: full.swap.usd,
      chain: '1',
      pool: '',
      tx_hash: '0xab',
      block: '0',
      log_index: '7',
      symbol: '\\N',
      name: 'N\\A',
      topic: 'swaps',
      partition: 3,
      log_offset: String(full.offset),
      append_time_ms: String(startMs + 1),
    });
  });

  test('keeps ids apart that differ in half a surrogate pair', async () => {
    await write(['\ud800', '\ud801', '\ufffd'].map((id) => recorded({ token: 'halves', id })));
    assert.deepEqual(
      (await rowsOf('halves')).map(({ id }) => readText(id)),
      ['\ud800', '\ud801', '\ufffd'],
    );
  });

  test('has each version of an id once, however often it is written', async () => {
    const versions = [
      recorded({ token: 'once', id: 'a', status: 'pending' }),
      recorded({ token: 'once', id: 'a' }),
      recorded({ token: 'once', id: 'a', version: 2 }),
    ];
    await write(versions);
    await write([...versions, recorded({ token: 'once', id: 'b' })]);
    await write(versions);
    assert.deepEqual(
      (await rowsOf('once')).map(({ id, version, status }) => [id, version, status]),
      [
        ['a', '1', 0],
        ['a', '1', 1],
        ['a', '2', 1],
        ['b', '1', 1],
      ],
    );
  });

  test('has a partition for each day that swaps were in, and one for all before 2009', async () => {
    const times = [startMs, startMs + dayMs, startMs + 2 * dayMs, 1, -(2 ** 53) + 1];
    await write(times.map((timestamp) => recorded({ token: 'days', timestamp })));
    const { rows } = await pool.query(
      `SELECT tableoid::regclass::text AS day FROM swaps WHERE token = 'days' ORDER BY time_ms`,
    );
    assert.deepEqual(
      rows.map(({ day }) => day),
      ['swaps_before_2009', 'swaps_before_2009', 'swaps_2026_02_27', 'swaps_2026_02_28', 'swaps_2026_03_01'],
    );
  });

  test('a day that another process dropped is made again for a swap that belongs there', async () => {
    const writer = new SwapWriter(pool);
    const timestamp = startMs - 300 * dayMs;
    await write([recorded({ token: 'again', timestamp })], writer);
    await new SwapDays(pool).dropBefore(startMs - 299 * dayMs);
    const late = [recorded({ token: 'again', timestamp })];
    await assert.rejects(write(late, writer), /no partition of relation "swaps"/);
    await write(late, writer);
    assert.equal((await rowsOf('again')).length, 1);
  });

  test('several processes may make the same days at the same time', async () => {
    const times = Array.from({ length: 5 }, (_, day) => startMs + (10 + day) * dayMs);
    await Promise.all([1, 2, 3].map(() => new SwapDays(pool).ensure(times)));
    await write(times.map((timestamp) => recorded({ token: 'together', timestamp })));
    assert.equal((await rowsOf('together')).length, 5);
  });

  test('days that ended are dropped while somebody reads, also those that a killed process left half dropped', async () => {
    const times = [0, 1, 2, 3].map((day) => startMs - (400 - day) * dayMs);
    await write(times.map((timestamp) => recorded({ token: 'old', timestamp })));
    const days = new SwapDays(pool);
    const [first, second] = (await days.list()).map(({ name }) => name) as [string, string];
    await pool.query(`ALTER TABLE swaps DETACH PARTITION ${first}`);
    const reader = await pool.connect();
    try {
      await reader.query('BEGIN');
      assert.equal((await reader.query(`SELECT 1 FROM swaps WHERE token = 'days'`)).rows.length, 5);
      // It waits for transactions that have seen the table, holding nobody up.
      const dropping = days.dropBefore(startMs - 398 * dayMs);
      await write([recorded({ token: 'meanwhile' })]);
      assert.equal((await rowsOf('meanwhile')).length, 1);
      await reader.query('COMMIT');
      assert.deepEqual(await dropping, [first, second]);
    } finally {
      reader.release();
    }
    assert.equal((await rowsOf('old')).length, 2);
  });
});
