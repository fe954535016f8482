import { pow10 } from '../decimal.ts';
import { formatDigits } from './limbs.ts';

/**
 * A price of 18 significant digits as two exact doubles that compare like the price does: `hi` is
 * `(exponent + 100) * 10^9 +` the first nine digits, `lo` the other nine. Zero is (0, 0), below every other price.
 */
export interface PriceKey {
  hi: number;
  lo: number;
}

const EXPONENT_BIAS = 100;
const HALF = 1e9;
const HALF_BIG = 1_000_000_000n;
const LEAST_MANTISSA = pow10(17);
const MANTISSA_END = pow10(18);

export function comparePrices(aHi: number, aLo: number, bHi: number, bLo: number): number {
  return aHi === bHi ? aLo - bLo : aHi - bHi;
}

/** `usd / amount` (micro-dollars over 10^-18 units) rounded half to even to 18 significant digits, into `out`. */
export function dividePrice(usd: bigint, amount: bigint, approximate: number, out: PriceKey): void {
  if (usd === 0n) {
    out.hi = 0;
    out.lo = 0;
    return;
  }
  // The estimate of the quotient's length may be off by one next to a power of ten; the loop settles it.
  let shift = 17 - Math.floor(Math.log10(approximate));
  for (;;) {
    const numerator = shift >= 0 ? usd * pow10(shift) : usd;
    const denominator = shift >= 0 ? amount : amount * pow10(-shift);
    let mantissa = numerator / denominator;
    if (mantissa < LEAST_MANTISSA) shift += 1;
    else if (mantissa >= MANTISSA_END) shift -= 1;
    else {
      const twice = (numerator - mantissa * denominator) * 2n;
      if (twice > denominator || (twice === denominator && (mantissa & 1n) === 1n)) mantissa += 1n;
      let exponent = 12 - shift;
      if (mantissa === MANTISSA_END) {
        mantissa = LEAST_MANTISSA;
        exponent += 1;
      }
      const first = mantissa / HALF_BIG;
      out.hi = (exponent + EXPONENT_BIAS) * HALF + Number(first);
      out.lo = Number(mantissa - first * HALF_BIG);
      return;
    }
  }
}

export function formatPrice(hi: number, lo: number): string {
  if (hi === 0) return '0';
  const exponent = exponentOf(hi);
  const digits = String(hi % HALF) + String(lo).padStart(9, '0');
  return exponent >= 0 ? digits + '0'.repeat(exponent) : formatDigits(digits, -exponent);
}

function exponentOf(hi: number): number {
  return Math.floor(hi / HALF) - EXPONENT_BIAS;
}

function mantissaOf(hi: number, lo: number): bigint {
  return BigInt(hi % HALF) * HALF_BIG + BigInt(lo);
}

function approximately(hi: number, lo: number): number {
  return (hi % HALF) * HALF + lo;
}

/** How near to a half a quotient of doubles may lie before its rounding is left to exact arithmetic. */
const SAFE_DISTANCE = 1e-3;

/** `close / open - 1` to 6 fraction digits, half to even, never `-0`; null when open is 0. */
export function changeBetween(openHi: number, openLo: number, closeHi: number, closeLo: number): string | null {
  if (openHi === 0) return null;
  if (openHi === closeHi && openLo === closeLo) return '0';
  const gap = exponentOf(closeHi) - exponentOf(openHi);
  if (closeHi !== 0 && gap >= -2 && gap <= 2) {
    const millionths = ((approximately(closeHi, closeLo) * 10 ** gap) / approximately(openHi, openLo) - 1) * 1e6;
    const rounded = Math.round(millionths);
    if (Math.abs(Math.abs(millionths - rounded) - 0.5) > SAFE_DISTANCE && Math.abs(rounded) < 1e9) {
      return formatMillionths(rounded);
    }
  }
  return changeExactly(openHi, openLo, closeHi, closeLo);
}

function changeExactly(openHi: number, openLo: number, closeHi: number, closeLo: number): string {
  const least = closeHi === 0 ? exponentOf(openHi) : Math.min(exponentOf(openHi), exponentOf(closeHi));
  const open = mantissaOf(openHi, openLo) * pow10(exponentOf(openHi) - least);
  const close = closeHi === 0 ? 0n : mantissaOf(closeHi, closeLo) * pow10(exponentOf(closeHi) - least);
  const difference = (close - open) * pow10(6);
  const magnitude = difference < 0n ? -difference : difference;
  let quotient = magnitude / open;
  const twice = (magnitude - quotient * open) * 2n;
  if (twice > open || (twice === open && (quotient & 1n) === 1n)) quotient += 1n;
  if (quotient === 0n) return '0';
  const text = formatDigits(quotient.toString(), 6);
  return difference < 0n ? `-${text}` : text;
}

function formatMillionths(value: number): string {
  if (value === 0) return '0';
  const text = formatDigits(String(Math.abs(value)), 6);
  return value < 0 ? `-${text}` : text;
}
