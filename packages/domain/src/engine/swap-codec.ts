import type { SwapStatus } from '../swap.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { CodecError } from './bytes.ts';
import type { LiveSwap } from './live.ts';

/**
 * A live swap in bytes, as the journal and the shards hold it. The trader and the token go beside it, since each of
 * the two has its own way to write names once. Limbs that are 0 take no byte.
 */
const STATUSES: readonly SwapStatus[] = ['pending', 'confirmed', 'reverted'];
const IS_BUY = 4;
const IS_PRICED = 8;
const HAS_BLOCK = 16;
const HAS_LOG_INDEX = 32;
const HAS_VERSION = 64;

export function writeSwap(out: ByteWriter, swap: LiveSwap, baseMs: number): void {
  const flags =
    STATUSES.indexOf(swap.status) |
    (swap.isBuy ? IS_BUY : 0) |
    (swap.isPriced ? IS_PRICED : 0) |
    (swap.block >= 0 ? HAS_BLOCK : 0) |
    (swap.logIndex >= 0 ? HAS_LOG_INDEX : 0) |
    (swap.version === 1 ? 0 : HAS_VERSION);
  out.unsigned(flags);
  out.text(swap.id);
  out.time(swap.timestampMs, baseMs);
  if (swap.version !== 1) out.unsigned(swap.version);
  if (swap.block >= 0) out.unsigned(swap.block);
  if (swap.logIndex >= 0) out.unsigned(swap.logIndex);
  writeLimbs(out, swap.usd0, swap.usd1, 0, 0);
  writeLimbs(out, swap.amount0, swap.amount1, swap.amount2, swap.amount3);
  if (swap.isPriced) {
    out.unsigned(swap.priceHi);
    out.unsigned(swap.priceLo);
  }
}

export function readSwap(bytes: ByteReader, trader: string, baseMs: number): LiveSwap {
  const flags = bytes.unsigned();
  const status = STATUSES[flags & 3];
  if (status === undefined) throw new CodecError('a swap has an unknown status');
  const id = bytes.text();
  const timestampMs = bytes.time(baseMs);
  const version = (flags & HAS_VERSION) === 0 ? 1 : bytes.unsigned();
  const block = (flags & HAS_BLOCK) === 0 ? -1 : bytes.unsigned();
  const logIndex = (flags & HAS_LOG_INDEX) === 0 ? -1 : bytes.unsigned();
  const usd = readLimbs(bytes);
  const amount = readLimbs(bytes);
  const isPriced = (flags & IS_PRICED) !== 0;
  return {
    id,
    version,
    status,
    timestampMs,
    block,
    logIndex,
    trader,
    isBuy: (flags & IS_BUY) !== 0,
    usd0: usd[0],
    usd1: usd[1],
    amount0: amount[0],
    amount1: amount[1],
    amount2: amount[2],
    amount3: amount[3],
    isPriced,
    priceHi: isPriced ? bytes.unsigned() : 0,
    priceLo: isPriced ? bytes.unsigned() : 0,
  };
}

function writeLimbs(out: ByteWriter, l0: number, l1: number, l2: number, l3: number): void {
  const mask = (l0 === 0 ? 0 : 1) | (l1 === 0 ? 0 : 2) | (l2 === 0 ? 0 : 4) | (l3 === 0 ? 0 : 8);
  out.unsigned(mask);
  if (l0 !== 0) out.unsigned(l0);
  if (l1 !== 0) out.unsigned(l1);
  if (l2 !== 0) out.unsigned(l2);
  if (l3 !== 0) out.unsigned(l3);
}

function readLimbs(bytes: ByteReader): [number, number, number, number] {
  const mask = bytes.unsigned();
  return [
    (mask & 1) === 0 ? 0 : bytes.unsigned(),
    (mask & 2) === 0 ? 0 : bytes.unsigned(),
    (mask & 4) === 0 ? 0 : bytes.unsigned(),
    (mask & 8) === 0 ? 0 : bytes.unsigned(),
  ];
}
