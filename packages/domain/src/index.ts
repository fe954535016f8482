export {
  AMOUNT_SCALE,
  changeOf,
  type Decimal18,
  divide18,
  formatDecimal18,
  formatScaled,
  parseScaled,
  parseUsd,
  priceOf,
  USD_SCALE,
} from './decimal.ts';
export { CodecError } from './engine/bytes.ts';
export { createEngine } from './engine/engine.ts';
export { readHead } from './engine/head.ts';
export { checkRecord } from './engine/judgement.ts';
export { createRegister } from './engine/register.ts';
export { CODEC_VERSION } from './engine/token-journal.ts';
export type {
  CandleChange,
  Counters,
  Cut,
  Engine,
  EngineOptions,
  Head,
  LogRecord,
  LogState,
  Outcome,
  RecordedSwap,
  Register,
  Registered,
  ShardEncoding,
  TokenChange,
} from './engine/types.ts';
export { murmur2, partitionOf } from './murmur2.ts';
export { hasUnnormalisedAddress } from './patterns.ts';
export { REJECTIONS, type Rejection, type RejectionCode, TooManyTokensError } from './rejections.ts';
export {
  checkRules,
  defaultRules,
  FUTURE_TOLERANCE_MS,
  longestWindow,
  parseWindows,
  READ_SLACK_MS,
  RULES_VERSION,
  type Rules,
  RulesError,
  rulesHash,
  type WindowSpec,
} from './rules.ts';
export { emptyWindow, type TokenStatistics, type WindowStatistics } from './statistics.ts';
export { checkSwap, type Decoded, decodeSwap, type Side, type Swap, type SwapStatus, swapSchema } from './swap.ts';
