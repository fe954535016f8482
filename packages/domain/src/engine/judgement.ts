import { partitionOf } from '../murmur2.ts';
import { hasUnnormalisedAddress } from '../patterns.ts';
import type { RejectionCode } from '../rejections.ts';
import { FUTURE_TOLERANCE_MS } from '../rules.ts';
import { type Decoded, decodeSwap, type Swap } from '../swap.ts';
import { LIMB_BASE, parseAmountLimbs, parseUsdLimbs } from './limbs.ts';
import type { LiveSwap } from './live.ts';
import { dividePrice } from './price.ts';
import type { Shape } from './shape.ts';
import type { LogRecord } from './types.ts';

export interface Place {
  readonly partition: number;
  readonly partitionCount: number;
}

/** Checks 1 to 3 of the judgement: what can be said of a record without any state. */
export function checkRecord(record: LogRecord, maxRecordBytes: number, place: Place): Decoded {
  if (record.unreadable) return refuse('BATCH_UNREADABLE', record.unreadable.reason);
  const decoded = decodeSwap(record.value, maxRecordBytes);
  if (!decoded.ok) return decoded;
  const { swap } = decoded;
  if (!isKey(record.key, swap.token)) return refuse('PARTITION_MISMATCH', `the key is not the token ${swap.token}`);
  const partition = partitionOf(record.key!, place.partitionCount);
  if (partition !== place.partition) {
    return refuse(
      'PARTITION_MISMATCH',
      `token ${swap.token} belongs to partition ${partition}, not ${place.partition}`,
    );
  }
  for (const field of ['token', 'trader', 'pool'] as const) {
    const text = swap[field];
    if (text !== undefined && hasUnnormalisedAddress(text)) {
      return refuse('ADDRESS_NOT_NORMALISED', `${field}: the address has to be in lower case`);
    }
  }
  if (swap.timestamp > record.appendTimeMs + FUTURE_TOLERANCE_MS) {
    return refuse(
      'FUTURE',
      `timestamp ${swap.timestamp} is more than 60 s past the append time ${record.appendTimeMs}`,
    );
  }
  return decoded;
}

function refuse(code: RejectionCode, reason: string): Decoded {
  return { ok: false, code, reason };
}

/** Tokens are ASCII, so a byte is a character. */
function isKey(key: Uint8Array | null, token: string): boolean {
  if (key === null || key.length !== token.length) return false;
  for (let i = 0; i < key.length; i += 1) if (key[i] !== token.charCodeAt(i)) return false;
  return true;
}

const usd = new Float64Array(2);
const amount = new Float64Array(4);
const price = { hi: 0, lo: 0 };
const BASE = BigInt(LIMB_BASE);

/** The swap as the state keeps it. */
export function toLive(swap: Swap, shape: Shape): LiveSwap {
  parseUsdLimbs(swap.usd, usd);
  parseAmountLimbs(swap.amount, amount);
  const isPriced = isAtLeast(usd, shape.priceMin);
  if (isPriced) findPrice();
  return {
    id: swap.id,
    version: swap.version ?? 1,
    status: swap.status ?? 'confirmed',
    timestampMs: swap.timestamp,
    block: swap.block ?? -1,
    logIndex: swap.logIndex ?? -1,
    trader: swap.trader,
    isBuy: swap.side === 'buy',
    usd0: usd[0]!,
    usd1: usd[1]!,
    amount0: amount[0]!,
    amount1: amount[1]!,
    amount2: amount[2]!,
    amount3: amount[3]!,
    isPriced,
    priceHi: isPriced ? price.hi : 0,
    priceLo: isPriced ? price.lo : 0,
  };
}

function isAtLeast(value: Float64Array, least: Float64Array): boolean {
  const high = value[1]! - least[1]!;
  return high > 0 || (high === 0 && value[0]! >= least[0]!);
}

function findPrice(): void {
  const [u0, u1] = [usd[0]!, usd[1]!];
  const [a0, a1, a2, a3] = [amount[0]!, amount[1]!, amount[2]!, amount[3]!];
  const usdBig = u1 === 0 ? BigInt(u0) : BigInt(u1) * BASE + BigInt(u0);
  let amountBig = a1 === 0 ? BigInt(a0) : BigInt(a1) * BASE + BigInt(a0);
  if (a2 !== 0 || a3 !== 0) amountBig += (BigInt(a3) * BASE + BigInt(a2)) * BASE * BASE;
  const approximate = (u1 * LIMB_BASE + u0) / (((a3 * LIMB_BASE + a2) * LIMB_BASE + a1) * LIMB_BASE + a0);
  dividePrice(usdBig, amountBig, approximate, price);
}
