/**
 * Exact decimals as BigInt: the readable version. The hot path keeps the same numbers in limbs of doubles
 * (engine/limbs.ts) and is tested against this file.
 */

/** USD is kept in micro-dollars. */
export const USD_SCALE = 6;
/** Amounts of a token are kept with 18 fraction digits. */
export const AMOUNT_SCALE = 18;
/** Prices have 18 significant digits. */
export const PRICE_DIGITS = 18;

/** Powers of ten up to 10^n that are asked for again and again. */
const POWERS: bigint[] = [];

export function pow10(exponent: number): bigint {
  return (POWERS[exponent] ??= 10n ** BigInt(exponent));
}

/** `numerator / denominator` rounded to an integer, halves to the even neighbour. The denominator is positive. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n;
  const n = negative ? -numerator : numerator;
  let quotient = n / denominator;
  const twice = (n % denominator) * 2n;
  if (twice > denominator || (twice === denominator && (quotient & 1n) === 1n)) quotient += 1n;
  return negative ? -quotient : quotient;
}

/** A plain decimal string as an integer of 10^-scale, rounded half to even where it has more digits than that. */
export function parseScaled(text: string, scale: number): bigint {
  const dot = text.indexOf('.');
  if (dot < 0) return BigInt(text) * pow10(scale);
  const fraction = text.slice(dot + 1);
  const value = BigInt(text.slice(0, dot) + fraction);
  if (fraction.length <= scale) return value * pow10(scale - fraction.length);
  return divideHalfEven(value, pow10(fraction.length - scale));
}

/** Micro-dollars of a USD string. */
export function parseUsd(text: string): bigint {
  return parseScaled(text, USD_SCALE);
}

/** The plain decimal string of `value * 10^-scale`: no exponent, no trailing zeros, never `-0`. */
export function formatScaled(value: bigint, scale: number): string {
  if (scale < 0) return formatScaled(value * pow10(-scale), 0);
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  const text = fraction === '' ? whole : `${whole}.${fraction}`;
  return negative && value !== 0n ? `-${text}` : text;
}

/** A decimal of 18 significant digits: `mantissa * 10^exponent`, the mantissa in [10^17, 10^18), or both 0. */
export interface Decimal18 {
  readonly mantissa: bigint;
  readonly exponent: number;
}

const LEAST_MANTISSA = pow10(PRICE_DIGITS - 1);
const MANTISSA_END = pow10(PRICE_DIGITS);

/** `numerator / denominator * 10^exponent`, rounded half to even to 18 significant digits. Both are >= 0. */
export function divide18(numerator: bigint, denominator: bigint, exponent: number): Decimal18 {
  if (numerator === 0n) return { mantissa: 0n, exponent: 0 };
  // The quotient has one digit more than the difference of lengths, or just that many.
  let shift = PRICE_DIGITS - (numerator.toString().length - denominator.toString().length);
  let n = shift >= 0 ? numerator * pow10(shift) : numerator;
  let d = shift >= 0 ? denominator : denominator * pow10(-shift);
  if (n >= d * MANTISSA_END) {
    shift -= 1;
    n = shift >= 0 ? numerator * pow10(shift) : numerator;
    d = shift >= 0 ? denominator : denominator * pow10(-shift);
  }
  const mantissa = divideHalfEven(n, d);
  if (mantissa === MANTISSA_END) return { mantissa: LEAST_MANTISSA, exponent: exponent - shift + 1 };
  return { mantissa, exponent: exponent - shift };
}

export function formatDecimal18(value: Decimal18): string {
  return formatScaled(value.mantissa, -value.exponent);
}

/** The price of a trade (or a vwap): micro-dollars over an amount of 10^-18 units, to 18 significant digits. */
export function priceOf(usdMicros: bigint, amount: bigint): Decimal18 {
  return divide18(usdMicros, amount, AMOUNT_SCALE - USD_SCALE);
}

/** `close / open - 1` to 6 fraction digits, half to even; null when open is 0. */
export function changeOf(open: Decimal18, close: Decimal18): string | null {
  if (open.mantissa === 0n) return null;
  const least = Math.min(open.exponent, close.exponent);
  const o = open.mantissa * pow10(open.exponent - least);
  const c = close.mantissa * pow10(close.exponent - least);
  return formatScaled(divideHalfEven((c - o) * pow10(6), o), 6);
}
