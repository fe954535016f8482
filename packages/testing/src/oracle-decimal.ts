/** The oracle's own decimals: whole BigInts and digit strings, nothing clever. */

/** `numerator / denominator`, halves to the even neighbour; the denominator is positive. */
function round(numerator: bigint, denominator: bigint): bigint {
  let floor = numerator / denominator;
  if (floor * denominator > numerator) floor -= 1n;
  const twice = 2n * (numerator - floor * denominator);
  if (twice < denominator) return floor;
  if (twice > denominator) return floor + 1n;
  return floor % 2n === 0n ? floor : floor + 1n;
}

/** The digits of a decimal string as an integer of 10^-18. */
function atto(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(18, '0'));
}

/** Micro-dollars of a USD string. */
export function usd(decimal: string): bigint {
  return round(atto(decimal), 10n ** 12n);
}

/** 10^-18 units of an amount string. */
export function amount(decimal: string): bigint {
  return atto(decimal);
}

export function isPriced(usdDecimal: string, priceMinUsd: string): boolean {
  return usd(usdDecimal) * 10n ** 12n >= atto(priceMinUsd);
}

/** A price: 18 digits and a power of ten; zero has no digits. */
export interface Price {
  readonly digits: bigint;
  readonly power: number;
}

/** Micro-dollars over 10^-18 units, to 18 significant digits. */
export function divide(micros: bigint, attos: bigint): Price {
  if (micros === 0n) return { digits: 0n, power: 0 };
  // As a fraction of 10^-60: more digits than any quotient needs; then the length says where to round.
  const whole = (micros * 10n ** 72n) / attos;
  const cut = whole.toString().length - 18;
  const numerator = micros * 10n ** 72n;
  const denominator = attos * 10n ** BigInt(cut);
  const digits = round(numerator, denominator);
  return digits === 10n ** 18n ? { digits: 10n ** 17n, power: cut - 59 } : { digits, power: cut - 60 };
}

export function compare(a: Price, b: Price): number {
  const least = Math.min(a.power, b.power);
  const x = a.digits * 10n ** BigInt(a.power - least);
  const y = b.digits * 10n ** BigInt(b.power - least);
  return x < y ? -1 : Number(x > y);
}

export function format(price: Price): string {
  return price.power >= 0 ? text(price.digits * 10n ** BigInt(price.power), 0) : text(price.digits, -price.power);
}

/** The plain decimal of `value * 10^-scale`. */
export function text(value: bigint, scale: number): string {
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale);
  return sign + (scale === 0 ? whole : `${whole}.${fraction}`.replace(/\.?0+$/, ''));
}

export function change(open: Price, close: Price): string | null {
  if (open.digits === 0n) return null;
  const least = Math.min(open.power, close.power);
  const o = open.digits * 10n ** BigInt(open.power - least);
  const c = close.digits * 10n ** BigInt(close.power - least);
  return text(round((c - o) * 1_000_000n, o), 6);
}
