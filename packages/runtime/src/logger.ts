import { type Logger, pino } from 'pino';

export type { Logger };

export interface LoggerOptions {
  service: string;
  instance: string;
  level: string;
}

/** One JSON line an event on standard output: `time` in ISO form, `level` by name, `service` and `instance` on each. */
export function createLogger({ service, instance, level }: LoggerOptions): Logger {
  return pino({
    level,
    base: { service, instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.err },
  });
}

/** A logger that writes nothing: for commands and for tests that look at results alone. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
