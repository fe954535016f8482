import type { Swap } from '@tidemark/domain';
import type { Hex } from 'viem';
import { decodeEventLog, formatUnits, parseAbi, toEventSelector } from 'viem/utils';
import type { Pool } from './pools.ts';

const abi = parseAbi([
  'event Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1, uint160 sqrtPriceX96, uint128 liquidity, int24 tick)',
]);
const swapSelector = toEventSelector(abi[0]);

/** A log as a node emits it, with where it stands in the chain. */
export interface EvmLog {
  blockNumber: number;
  /** In ms since the epoch. */
  timestampMs: number;
  txHash: Hex;
  /** Where the recording has it. */
  blockHash?: Hex | undefined;
  logIndex: number;
  topics: readonly Hex[];
  data: Hex;
}

/** The arguments of a Swap event. An amount is positive when the pool received it, negative when the pool paid it out. */
export interface SwapEvent {
  sender: string;
  recipient: string;
  amount0: bigint;
  amount1: bigint;
  sqrtPriceX96: bigint;
  liquidity: bigint;
  tick: number;
}

/** Null for another event. Throws viem's error when the log does not fit the event that it claims to be. */
export function decodeSwapEvent({ topics, data }: Pick<EvmLog, 'topics' | 'data'>): SwapEvent | null {
  if (topics[0] !== swapSelector) return null;
  const { args } = decodeEventLog({ abi, topics: topics as [Hex, ...Hex[]], data });
  return { ...args, sender: args.sender.toLowerCase(), recipient: args.recipient.toLowerCase() };
}

/**
 * The swap of the pool's tracked token that an event tells of, as its trader sees it: what the pool pays out was bought.
 * The trader is the event's recipient: the sender is nearly always a router, while the recipient mostly is who gets the tokens.
 */
export function swapOf(event: SwapEvent, log: EvmLog, pool: Pool): Swap {
  const { chain, address, tracked, dollar } = pool;
  const token = pool[tracked];
  const amounts = { token0: event.amount0, token1: event.amount1 };
  return {
    id: `${chain}:${log.blockHash ?? log.txHash}:${log.logIndex}`,
    version: 1,
    status: 'confirmed',
    chain,
    pool: address,
    txHash: log.txHash,
    block: log.blockNumber,
    logIndex: log.logIndex,
    symbol: token.symbol,
    name: token.name,
    token: `${chain}:${token.address}`,
    trader: event.recipient,
    side: amounts[tracked] < 0n ? 'buy' : 'sell',
    amount: formatUnits(absolute(amounts[tracked]), token.decimals),
    usd: formatUnits(absolute(amounts[dollar]), pool[dollar].decimals),
    timestamp: log.timestampMs,
  };
}

function absolute(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
