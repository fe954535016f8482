/** A decimal as statistics carry it: optional minus, no exponent. */
export const decimalPattern = /^-?(?:0|[1-9]\d{0,49})(?:\.\d{1,50})?$/;

/**
 * Negative, zero or positive as `a` is less than, equal to or greater than `b`, exactly. Both match `decimalPattern`; trailing
 * zeros do not matter.
 */
export function compareDecimals(a: string, b: string): number {
  if (a === b) return 0;
  const negativeA = a.startsWith('-');
  const negativeB = b.startsWith('-');
  if (negativeA !== negativeB) return isZero(a) && isZero(b) ? 0 : negativeA ? -1 : 1;
  return negativeA ? compareMagnitudes(b.slice(1), a.slice(1)) : compareMagnitudes(a, b);
}

function compareMagnitudes(a: string, b: string): number {
  const [wholeA = '', fractionA = ''] = a.split('.');
  const [wholeB = '', fractionB = ''] = b.split('.');
  if (wholeA.length !== wholeB.length) return wholeA.length - wholeB.length;
  if (wholeA !== wholeB) return wholeA < wholeB ? -1 : 1;
  const length = Math.max(fractionA.length, fractionB.length);
  const [paddedA, paddedB] = [fractionA.padEnd(length, '0'), fractionB.padEnd(length, '0')];
  return paddedA === paddedB ? 0 : paddedA < paddedB ? -1 : 1;
}

function isZero(text: string): boolean {
  return !/[1-9]/.test(text);
}
