import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '@tidemark/runtime';
import { Command, CommanderError, Option } from 'commander';
import { repository, userPath } from '../repository.ts';

export interface StartOptions {
  dir: string;
  source: 'simulate' | 'replay' | 'none';
  /** The recording, when the source is a replay. */
  replayFile: string | undefined;
  aggregators: number;
  clock: 'wall' | 'event';
  reset: boolean;
  /** Settings of the producer that were given as options. */
  producerEnv: Record<string, string>;
  external: { kafka: string[] | undefined; postgres: string | undefined; redis: string | undefined };
  /** As given; empty where the default is to be tried. */
  ports: Record<'api' | 'gateway' | 'kafka' | 'postgres' | 'redis', { setting: string; value: string | undefined }>;
}

interface GivenOptions {
  source: string;
  rate?: string;
  aggregators: string;
  clock?: 'wall' | 'event';
  retime?: 'now' | 'keep';
  speed?: string;
  reset: boolean;
}

const aggregatorsLimit = 64;
const clocks = ['wall', 'event'] as const;

const environmentHelp = `
Environment:
  TIDEMARK_DIR   where data and logs are kept (default .tidemark)
  API_PORT, GATEWAY_PORT, KAFKA_PORT, POSTGRES_PORT, REDIS_PORT
                 8080, 8081, 19092, 15432, 16379; a default that is taken moves to a free port
  KAFKA_BROKERS, DATABASE_URL, REDIS_URL
                 running servers to use in place of the embedded ones
  Settings of the services, such as LATENESS or TOKENS, are passed on.

Examples:
  npm start
  npm start -- --rate 1000 --aggregators 2
  npm start -- --source replay:swaps.jsonl --speed 60`;

function command(): Command {
  return new Command('npm start --')
    .description('Starts Kafka, Postgres, Redis and every service of the main path.')
    .addOption(
      new Option('--source <source>', 'where swaps come from: simulate, replay:<file> or none').default('simulate'),
    )
    .option('--rate <swaps/s>', 'of the simulator (default: RATE, or 50)')
    .addOption(new Option('--aggregators <n>', 'how many aggregators share the partitions').default('1'))
    .addOption(
      new Option('--clock <clock>', 'the time at which windows are read (default: CLOCK, or wall)').choices(clocks),
    )
    .addOption(
      new Option(
        '--retime <how>',
        'replay: shift times to now, or keep them, by the event clock (default: RETIME, or now)',
      ).choices(['now', 'keep']),
    )
    .option('--speed <speed>', 'replay: 1, 60 or max (default: SPEED, or 1)')
    .option('--reset', 'delete the data of the directory first', false)
    .addHelpText('after', environmentHelp)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
}

/**
 * Options and environment of `npm start`; undefined when help was asked for and printed.
 * @throws CodedError OPTION_INVALID
 */
export function startOptions(args: string[], env: NodeJS.ProcessEnv): StartOptions | undefined {
  const parsed = command();
  try {
    parsed.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new CodedError('OPTION_INVALID', `${error.message.replace(/^error: /, '')}; see npm start -- --help`);
  }
  const given = parsed.opts<GivenOptions>();
  return {
    dir: env['TIDEMARK_DIR'] ? userPath(env['TIDEMARK_DIR']) : join(repository, '.tidemark'),
    ...sourceOf(given.source),
    aggregators: aggregatorsOf(given.aggregators),
    clock: clockOf(given.clock ?? env['CLOCK'], given.retime ?? env['RETIME']),
    reset: given.reset,
    producerEnv: present({ RATE: given.rate, RETIME: given.retime, SPEED: given.speed }),
    external: {
      // An empty variable is an absent one, as for the services.
      kafka: env['KAFKA_BROKERS'] ? env['KAFKA_BROKERS'].split(',').map((broker) => broker.trim()) : undefined,
      postgres: env['DATABASE_URL'] || undefined,
      redis: env['REDIS_URL'] || undefined,
    },
    ports: {
      api: { setting: 'API_PORT', value: env['API_PORT'] },
      gateway: { setting: 'GATEWAY_PORT', value: env['GATEWAY_PORT'] },
      kafka: { setting: 'KAFKA_PORT', value: env['KAFKA_PORT'] },
      postgres: { setting: 'POSTGRES_PORT', value: env['POSTGRES_PORT'] },
      redis: { setting: 'REDIS_PORT', value: env['REDIS_PORT'] },
    },
  };
}

function sourceOf(text: string): Pick<StartOptions, 'source' | 'replayFile'> {
  if (text === 'simulate' || text === 'none') return { source: text, replayFile: undefined };
  if (!text.startsWith('replay:') || text === 'replay:') {
    throw new CodedError('OPTION_INVALID', `--source ${text}: expected simulate, replay:<file> or none`);
  }
  const replayFile = userPath(text.slice('replay:'.length));
  if (!existsSync(replayFile)) throw new CodedError('OPTION_INVALID', `--source: there is no file ${replayFile}`);
  return { source: 'replay', replayFile };
}

function aggregatorsOf(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= aggregatorsLimit) return count;
  throw new CodedError('OPTION_INVALID', `--aggregators ${text}: expected a number from 1 to ${aggregatorsLimit}`);
}

/** Times that are kept are in the past: by the wall clock they would be in no window. */
function clockOf(given: string | undefined, retime: string | undefined): StartOptions['clock'] {
  const clock = given ? clocks.find((name) => name === given) : undefined;
  if (given && !clock) throw new CodedError('OPTION_INVALID', `CLOCK=${given}: expected wall or event`);
  if (retime !== 'keep') return clock ?? 'wall';
  if (clock === 'wall') {
    throw new CodedError('OPTION_INVALID', '--retime keep reads windows by the event clock; leave --clock wall out');
  }
  return 'event';
}

function present(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));
}
