import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import type { Hex } from 'viem';
import { findPool } from './pools.ts';
import { decodeSwapEvent, type EvmLog, swapOf } from './uniswap-v3.ts';

const pool = await findPool('usdc-weth-005-2024-01-05.raw.csv', '');

/** A real log: 0.01 WETH sold for 22.68611 USDC. */
const sale: EvmLog = {
  blockNumber: 18_937_382,
  timestampMs: Date.UTC(2024, 0, 5, 0, 0, 23),
  txHash: '0x0bb5e0dc49ae0b5a1949beabadc64522dd5615415a168650a3b592a84ae5ee05',
  logIndex: 169,
  topics: [
    '0xc42079f94a6350d7e6235f29174924f928cc2ac818eb64fed8004e115fbcca67',
    '0x0000000000000000000000003fc91a3afd70395cd496c647d5a6cc9d4b2b7fad',
    '0x0000000000000000000000004fd39c9e151e50580779bd04b1f7ecc310079fd3',
  ],
  data: '0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffea5d662000000000000000000000000000000000000000000000000002386f26fc1000000000000000000000000000000000000000051fdf2fd9b2526872a9b723450f2000000000000000000000000000000000000000000000000acd43e0e7cf808c50000000000000000000000000000000000000000000000000000000000030985',
};

test('a log of WETH paid into the pool is a sale of WETH by the recipient, valued in the dollar token', () => {
  assert.deepEqual(swapOf(decodeSwapEvent(sale)!, sale, pool), {
    id: '1:0x0bb5e0dc49ae0b5a1949beabadc64522dd5615415a168650a3b592a84ae5ee05:169',
    version: 1,
    status: 'confirmed',
    chain: 1,
    pool: '0x88e6a0c2ddd26feeb64f039a2c41296fcb3f5640',
    txHash: '0x0bb5e0dc49ae0b5a1949beabadc64522dd5615415a168650a3b592a84ae5ee05',
    block: 18_937_382,
    logIndex: 169,
    symbol: 'WETH',
    name: 'Wrapped Ether',
    token: '1:0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2',
    trader: '0x4fd39c9e151e50580779bd04b1f7ecc310079fd3',
    side: 'sell',
    amount: '0.01',
    usd: '22.68611',
    timestamp: 1_704_412_823_000,
  });
});

test('what the pool pays out was bought', () => {
  const event = { ...decodeSwapEvent(sale)!, amount0: 2_500_000_000n, amount1: -1_000_000_000_000_000_000n };
  const { side, amount, usd } = swapOf(event, sale, pool);
  assert.deepEqual({ side, amount, usd }, { side: 'buy', amount: '1', usd: '2500' });
});

test('the id holds the block where the recording tells it', () => {
  const blockHash: Hex = `0x${'ab'.repeat(32)}`;
  assert.equal(swapOf(decodeSwapEvent(sale)!, { ...sale, blockHash }, pool).id, `1:${blockHash}:169`);
});

test('a log of another event is none, and a torn one is an error', () => {
  assert.equal(decodeSwapEvent({ ...sale, topics: [`0x${'11'.repeat(32)}`] }), null);
  assert.equal(decodeSwapEvent({ ...sale, topics: [] }), null);
  assert.throws(() => decodeSwapEvent({ ...sale, data: sale.data.slice(0, 100) as Hex }));
  assert.throws(() => decodeSwapEvent({ ...sale, topics: sale.topics.slice(0, 2) }));
});

const recordings = process.env['TIDEMARK_RECORDINGS'];
const skip = recordings ? false : 'TIDEMARK_RECORDINGS is not set: there is no recorded day to decode';

test('every swap of a recorded day decodes as another program decoded it', { skip }, async () => {
  const day = join(recordings!, 'uniswap-v3', 'usdc-weth-005-2024-01-05');
  const raw = await readCsv(`${day}.raw.csv`);
  const decoded = await readCsv(`${day}.decoded.csv`);
  assert.equal(raw.length, decoded.length);
  let swaps = 0;
  for (const [at, row] of raw.entries()) {
    const expected = decoded[at]!;
    const event = decodeSwapEvent({ topics: JSON.parse(row['topics']!) as Hex[], data: row['data'] as Hex });
    if (expected['tx_type'] !== 'SWAP') {
      assert.equal(event, null, `row ${at} is no swap`);
      continue;
    }
    swaps++;
    assert.deepEqual(event, {
      sender: expected['sender'],
      recipient: expected['receipt'],
      amount0: BigInt(expected['amount0']!),
      amount1: BigInt(expected['amount1']!),
      sqrtPriceX96: BigInt(expected['sqrtPriceX96']!),
      liquidity: BigInt(expected['total_liquidity']!),
      tick: Number(expected['current_tick']),
    });
  }
  assert.equal(swaps, 6_046);
});

async function readCsv(path: string): Promise<Record<string, string>[]> {
  return parse(await readFile(path), { columns: true });
}
