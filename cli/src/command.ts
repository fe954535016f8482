import { connectKafka, type KafkaClient, kafkaConnection, kafkaSettings } from '@tidemark/kafka';
import { type Logger, loadSettings, type SettingsSchema } from '@tidemark/runtime';
import { pino } from 'pino';
import { z } from 'zod';
import { note, printError } from './output.ts';
import { readRunningStack, withRunningStack } from './running-stack.ts';

/** What a command runs in. */
export interface CommandContext {
  /** Aborted by Ctrl-C or SIGTERM. */
  signal: AbortSignal;
}

/** Runs a command with its errors and signals handled; a second signal ends the process at once. */
export function action<Args extends unknown[]>(run: (context: CommandContext, ...args: Args) => Promise<void>) {
  return async (...args: Args): Promise<void> => {
    const stopping = new AbortController();
    const stop = () => stopping.abort(new Error('stopped'));
    process.once('SIGINT', stop).once('SIGTERM', stop);
    try {
      await run({ signal: stopping.signal }, ...args);
    } catch (error) {
      if (!stopping.signal.aborted || error !== stopping.signal.reason) printError(error);
    } finally {
      process.off('SIGINT', stop).off('SIGTERM', stop);
    }
  };
}

/** Settings from the environment, and from a running `npm start` where the environment has none. */
export function settingsOf<S extends SettingsSchema>(schema: S): z.infer<S> {
  return loadSettings(schema, withRunningStack(process.env, readRunningStack(process.env)));
}

/** A logger whose lines are plain notes on standard error, for the packages that a command uses. */
export function commandLogger(level: 'info' | 'warn' | 'error' = 'warn'): Logger {
  return pino({ level }, { write: (line: string) => note((JSON.parse(line) as { msg: string }).msg) });
}

export const kafkaSchema = z.object(kafkaSettings);
export type KafkaSettings = z.infer<typeof kafkaSchema>;

/** Connects for the time of `use`. */
export async function withKafka<T>(settings: KafkaSettings, use: (client: KafkaClient) => Promise<T>): Promise<T> {
  const client = connectKafka({
    ...kafkaConnection(settings),
    clientId: 'tidemark-cli',
    // The errors that matter reach the command as exceptions.
    log: commandLogger('error'),
  });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
