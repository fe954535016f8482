/**
 * Exact integers of the hot path: limbs of doubles in base 10^15, least limb first. USD (micro-dollars) takes two
 * limbs, amounts (10^-18 units) take four: 10^9 trades of the greatest values fit. `decimal.ts` is the readable
 * version that the tests hold this one against.
 */
export const LIMB_BASE = 1e15;
export const USD_LIMBS = 2;
export const AMOUNT_LIMBS = 4;

const POWERS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
const ZERO = 48;

/** Parses an amount (checked by its pattern) into `out[0..3]`. */
export function parseAmountLimbs(text: string, out: Float64Array): void {
  const dot = text.indexOf('.');
  const wholeLength = dot < 0 ? text.length : dot;
  // 18 fraction digits: the last 15 fill limb 0, the first 3 are the low end of limb 1, over 12 whole digits.
  let low = 0;
  let middle = 0;
  let high = 0;
  for (let i = 0; i < wholeLength; i += 1) {
    const digit = text.charCodeAt(i) - ZERO;
    const left = wholeLength - i;
    if (left > 27) high = high * 10 + digit;
    else if (left > 12) middle = middle * 10 + digit;
    else low = low * 10 + digit;
  }
  let fractionHead = 0;
  let fractionTail = 0;
  const fractionLength = dot < 0 ? 0 : text.length - dot - 1;
  for (let j = 0; j < fractionLength; j += 1) {
    const digit = text.charCodeAt(dot + 1 + j) - ZERO;
    if (j < 3) fractionHead = fractionHead * 10 + digit;
    else fractionTail = fractionTail * 10 + digit;
  }
  if (fractionLength < 3) fractionHead *= POWERS[3 - fractionLength]!;
  else fractionTail *= POWERS[18 - fractionLength]!;
  out[0] = fractionTail;
  out[1] = low * 1e3 + fractionHead;
  out[2] = middle;
  out[3] = high;
}

/** Parses a USD value (checked by its pattern) into micro-dollars `out[0..1]`, rounded half to even. */
export function parseUsdLimbs(text: string, out: Float64Array): void {
  const dot = text.indexOf('.');
  const wholeLength = dot < 0 ? text.length : dot;
  let low = 0;
  let high = 0;
  for (let i = 0; i < wholeLength; i += 1) {
    const digit = text.charCodeAt(i) - ZERO;
    if (wholeLength - i > 9) high = high * 10 + digit;
    else low = low * 10 + digit;
  }
  low = low * 1e6 + (dot < 0 ? 0 : parseMicros(text, dot + 1));
  if (low >= LIMB_BASE) {
    low -= LIMB_BASE;
    high += 1;
  }
  out[0] = low;
  out[1] = high;
}

/** The fraction that starts at `from`, in millionths rounded half to even: up to 1,000,000. */
function parseMicros(text: string, from: number): number {
  const length = text.length - from;
  let micros = 0;
  for (let j = 0; j < 6; j += 1) micros = micros * 10 + (j < length ? text.charCodeAt(from + j) - ZERO : 0);
  if (length <= 6) return micros;
  const first = text.charCodeAt(from + 6) - ZERO;
  if (first !== 5) return first > 5 ? micros + 1 : micros;
  for (let j = 7; j < length; j += 1) if (text.charCodeAt(from + j) !== ZERO) return micros + 1;
  return micros + (micros & 1);
}

/** `page[at..at+1] += sign * value`, limbs kept in [0, base). The result must not be negative. */
export function addUsd(page: Float64Array, at: number, low: number, high: number, sign: 1 | -1): void {
  let l0 = page[at]! + sign * low;
  let l1 = page[at + 1]! + sign * high;
  if (l0 >= LIMB_BASE) {
    l0 -= LIMB_BASE;
    l1 += 1;
  } else if (l0 < 0) {
    l0 += LIMB_BASE;
    l1 -= 1;
  }
  page[at] = l0;
  page[at + 1] = l1;
}

/** `page[at..at+3] += sign * value`, limbs kept in [0, base). The result must not be negative. */
export function addAmount(
  page: Float64Array,
  at: number,
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  sign: 1 | -1,
): void {
  let l0 = page[at]! + sign * a0;
  let l1 = page[at + 1]! + sign * a1;
  let l2 = page[at + 2]! + sign * a2;
  let l3 = page[at + 3]! + sign * a3;
  if (l0 >= LIMB_BASE) {
    l0 -= LIMB_BASE;
    l1 += 1;
  } else if (l0 < 0) {
    l0 += LIMB_BASE;
    l1 -= 1;
  }
  if (l1 >= LIMB_BASE) {
    l1 -= LIMB_BASE;
    l2 += 1;
  } else if (l1 < 0) {
    l1 += LIMB_BASE;
    l2 -= 1;
  }
  if (l2 >= LIMB_BASE) {
    l2 -= LIMB_BASE;
    l3 += 1;
  } else if (l2 < 0) {
    l2 += LIMB_BASE;
    l3 -= 1;
  }
  page[at] = l0;
  page[at + 1] = l1;
  page[at + 2] = l2;
  page[at + 3] = l3;
}

/** The decimal string of `count` limbs at `at`, with `scale` fraction digits, trailing zeros taken off. */
export function formatLimbs(page: Float64Array, at: number, count: number, scale: number): string {
  let top = count - 1;
  while (top > 0 && page[at + top] === 0) top -= 1;
  let digits = String(page[at + top]!);
  for (let i = top - 1; i >= 0; i -= 1) digits += String(page[at + i]!).padStart(15, '0');
  return formatDigits(digits, scale);
}

/** The plain decimal of an integer's digits times 10^-scale, for scale >= 0. */
export function formatDigits(digits: string, scale: number): string {
  const padded = digits.length <= scale ? digits.padStart(scale + 1, '0') : digits;
  const point = padded.length - scale;
  let end = padded.length;
  while (end > point && padded.charCodeAt(end - 1) === ZERO) end -= 1;
  return end === point ? padded.slice(0, point) : `${padded.slice(0, point)}.${padded.slice(point, end)}`;
}

export function limbsToBigInt(page: Float64Array, at: number, count: number): bigint {
  let value = 0n;
  for (let i = count - 1; i >= 0; i -= 1) value = value * 1_000_000_000_000_000n + BigInt(page[at + i]!);
  return value;
}
