import { type Command, InvalidArgumentError } from 'commander';

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
    .option('--minutes <n>', 'how long to measure, after warming up', above0, 10)
    .option('--rate <swaps/s>', 'of the simulator', above0, 1_000)
    .option('--tokens <n>', 'how many tokens are traded', whole, 2_000)
    .option('--hops-seconds <n>', 'how long to measure two bare hops', above0, 60);
}

function above0(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('expected a number above 0');
}

function whole(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number above 0');
}
