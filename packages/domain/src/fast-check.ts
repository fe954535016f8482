import {
  AMOUNT_PATTERN,
  CONTROL_CHARACTER,
  MAX_NAME_LENGTH,
  NON_ZERO_DIGIT,
  TOKEN_PATTERN,
  USD_PATTERN,
} from './patterns.ts';
import type { Swap } from './swap.ts';

/**
 * Says the same as `swapSchema` and the refusal of `__proto__`, by hand: zod costs more than parsing the JSON does.
 * A property test holds both together; the schema explains what this one refuses.
 */
export function isSwapInput(value: unknown): value is Swap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const swap = value as Partial<Record<keyof Swap, unknown>>;
  return (
    !Object.hasOwn(swap, '__proto__') &&
    isIdentifier(swap.id) &&
    isIdentifier(swap.trader) &&
    typeof swap.token === 'string' &&
    TOKEN_PATTERN.test(swap.token) &&
    (swap.side === 'buy' || swap.side === 'sell') &&
    typeof swap.amount === 'string' &&
    AMOUNT_PATTERN.test(swap.amount) &&
    NON_ZERO_DIGIT.test(swap.amount) &&
    typeof swap.usd === 'string' &&
    USD_PATTERN.test(swap.usd) &&
    Number.isSafeInteger(swap.timestamp) &&
    areOptionalsValid(swap)
  );
}

function areOptionalsValid(swap: Partial<Record<keyof Swap, unknown>>): boolean {
  const { version, status } = swap;
  return (
    (version === undefined || (Number.isSafeInteger(version) && (version as number) >= 1)) &&
    (status === undefined || status === 'confirmed' || status === 'pending' || status === 'reverted') &&
    isIndexOrAbsent(swap.block) &&
    isIndexOrAbsent(swap.logIndex) &&
    isLabelOrAbsent(swap.symbol) &&
    isLabelOrAbsent(swap.name) &&
    isLabelOrAbsent(swap.pool) &&
    isLabelOrAbsent(swap.txHash) &&
    (isLabelOrAbsent(swap.chain) || isIndexOrAbsent(swap.chain))
  );
}

function isIdentifier(value: unknown): boolean {
  return isLabel(value) && value.length > 0;
}

function isLabelOrAbsent(value: unknown): boolean {
  return value === undefined || isLabel(value);
}

function isLabel(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_NAME_LENGTH && !CONTROL_CHARACTER.test(value);
}

function isIndexOrAbsent(value: unknown): boolean {
  return value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0);
}
