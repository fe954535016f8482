import type { Swap, SwapStatus } from '../swap.ts';

/**
 * A swap as the engine takes it: checked, with amounts and USD in limbs (limbs.ts) and its price as a key (price.ts).
 * The state keeps it in columns (live-store.ts) for as long as it may still be replaced.
 */
export interface LiveSwap {
  readonly id: string;
  readonly version: number;
  readonly status: SwapStatus;
  readonly timestampMs: number;
  /** -1 when absent, which sorts first. */
  readonly block: number;
  readonly logIndex: number;
  readonly trader: string;
  readonly isBuy: boolean;
  readonly usd0: number;
  readonly usd1: number;
  readonly amount0: number;
  readonly amount1: number;
  readonly amount2: number;
  readonly amount3: number;
  /** Worth at least PRICE_MIN_USD; the price of another is not worked out. */
  readonly isPriced: boolean;
  readonly priceHi: number;
  readonly priceLo: number;
}

const STATUS_RANK: Record<SwapStatus, number> = { pending: 0, confirmed: 1, reverted: 2 };

/** Whether a swap replaces a known version of its id: a higher version, or the same version further on in its life. */
export function outranks(swap: Swap, knownVersion: number, knownStatus: SwapStatus): boolean {
  const version = swap.version ?? 1;
  return version === knownVersion
    ? STATUS_RANK[swap.status ?? 'confirmed'] > STATUS_RANK[knownStatus]
    : version > knownVersion;
}

/** Compares by UTF-8 bytes. UTF-16 units order alike up to U+D7FF; only beyond are the bytes asked. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x < 0xd800 && y < 0xd800) return x - y;
    // Unpaired surrogates all encode to U+FFFD: the units then decide, so that the order stays total.
    return Buffer.compare(Buffer.from(a), Buffer.from(b)) || x - y;
  }
  return a.length - b.length;
}
