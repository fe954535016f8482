import type { Command } from 'commander';
import { positiveInteger, positiveNumber } from '../options.ts';

export interface LiveOptions {
  minutes: number;
  /** Swaps a second. */
  rate: number;
  tokens: number;
  /** How long the two bare hops are measured. */
  hopsSeconds: number;
}

export function liveOptions(command: Command): Command {
  return command
    .option('--minutes <n>', 'how long to measure, after warming up', positiveNumber, 10)
    .option('--rate <swaps/s>', 'of the simulator', positiveNumber, 1_000)
    .option('--tokens <n>', 'how many tokens are traded', positiveInteger, 2_000)
    .option('--hops-seconds <n>', 'how long to measure two bare hops', positiveNumber, 60);
}
