import type { Command } from 'commander';
import { positiveInteger, positiveNumber } from '../options.ts';

export interface MovesOptions {
  /** Swaps a second. */
  rate: number;
  tokens: number;
  /** Records that the state is made of before it is measured. */
  preload: number;
  /** How often an aggregator joins and leaves. */
  rounds: number;
  /** How long each rebalance is given. */
  settleSeconds: number;
}

export function movesOptions(command: Command): Command {
  return command
    .option('--rate <swaps/s>', 'of the simulator', positiveNumber, 1_000)
    .option('--tokens <n>', 'how many tokens are traded', positiveInteger, 2_000)
    .option('--preload <records>', 'that the state is made of before', positiveInteger, 600_000)
    .option('--rounds <n>', 'how often an aggregator joins and leaves', positiveInteger, 3)
    .option('--settle-seconds <n>', 'before and after each rebalance', positiveNumber, 10);
}
