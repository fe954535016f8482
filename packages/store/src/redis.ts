import { CodedError, type Logger, readSettingFile } from '@tidemark/runtime';
import { Redis } from 'ioredis';
import { z } from 'zod';

export type { Redis };

/** Settings of a service that uses Redis. */
export const redisSettings = {
  REDIS_URL: z
    .string()
    .default('redis://127.0.0.1:6379')
    .refine((url) => /^rediss?:\/\//.test(url), 'expected redis://[user:password@]host:port[/database] or rediss://...')
    .meta({
      secret: true,
      description:
        'The Redis server that holds the newest statistics, with an ACL user where it has them; rediss:// talks TLS.',
    }),
  REDIS_CA_FILE: z
    .string()
    .default('')
    .describe('With rediss://: the certificate authorities to trust (PEM), instead of those that Node knows.'),
  REDIS_PREFIX: z
    .string()
    .default('tidemark:')
    .describe('Begins every key, so that several installations can share a server.'),
};

type RedisSettings = { [Name in keyof typeof redisSettings]: z.infer<(typeof redisSettings)[Name]> };

/** How to reach a server. */
export interface RedisConnection {
  url: string;
  /** The authorities to trust (PEM) with rediss://, instead of those that Node knows. */
  ca?: string;
}

/**
 * The connection that the settings describe, with the file that they name read.
 * @throws CodedError SETTINGS_INVALID
 */
export function redisConnection({
  REDIS_URL: url,
  REDIS_CA_FILE,
}: Pick<RedisSettings, 'REDIS_URL' | 'REDIS_CA_FILE'>): RedisConnection {
  const ca = readSettingFile('REDIS_CA_FILE', REDIS_CA_FILE);
  if (ca === undefined) return { url };
  if (!url.startsWith('rediss://'))
    throw new CodedError('SETTINGS_INVALID', 'REDIS_CA_FILE needs a rediss:// REDIS_URL');
  return { url, ca };
}

/** A command unanswered for this long fails; a server that is away must not hold requests. */
const commandTimeoutMs = 2_000;
const longestRetryMs = 1_000;

export interface RedisOptions extends RedisConnection {
  log: Logger;
}

/**
 * A client that fails fast: while the server is away each command is rejected at once instead of joining a queue, and the
 * connection is retried for ever in the background. Nothing is sent before the first `pingRedis`.
 */
export function createRedis({ url, ca, log }: RedisOptions): Redis {
  const redis = new Redis(url, {
    ...(ca !== undefined && { tls: { ca } }),
    lazyConnect: true,
    enableOfflineQueue: false,
    // What was in flight when the connection broke fails too. Callers try again with what is then newest.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: commandTimeoutMs,
    disableClientInfo: true,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), longestRetryMs),
  });
  let lastMessage = '';
  redis.on('error', (error: Error) => {
    // One line for each outage and cause, not one for each attempt.
    if (error.message !== lastMessage) log.warn({ error }, `Redis: ${error.message}`);
    lastMessage = error.message;
  });
  redis.on('ready', () => {
    if (lastMessage !== '') log.info('Redis answers again');
    lastMessage = '';
  });
  return redis;
}

/**
 * Connects if need be, and asks for a sign of life.
 * @throws CodedError REDIS_UNAVAILABLE
 */
export async function pingRedis(redis: Redis): Promise<void> {
  try {
    if (redis.status === 'wait') await redis.connect();
    await redis.ping();
  } catch (error) {
    throw redisUnavailable(error);
  }
}

/**
 * Refuses a server that may drop keys when memory is short: a statistic that vanishes cannot be told from a token without trades.
 * Where the server does not let clients read its configuration, it says so and goes on.
 * @throws CodedError REDIS_EVICTS, REDIS_UNAVAILABLE
 */
export async function requireNoEviction(redis: Redis, log: Logger): Promise<void> {
  let policy: string | undefined;
  try {
    [, policy] = await redis.config('GET', 'maxmemory-policy');
  } catch (error) {
    if (!isRefusedCommand(error)) throw redisUnavailable(error);
  }
  if (policy === undefined) {
    log.warn('Redis does not show its maxmemory-policy; it must be noeviction');
  } else if (policy !== 'noeviction') {
    throw new CodedError('REDIS_EVICTS', `Redis has maxmemory-policy ${policy}; it must be noeviction`);
  }
}

/** Managed servers rename or forbid CONFIG. */
function isRefusedCommand(error: unknown): boolean {
  return error instanceof Error && /unknown command|NOPERM|not allowed/i.test(error.message);
}

export function redisUnavailable(cause: unknown): CodedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CodedError('REDIS_UNAVAILABLE', `Redis: ${reason}`, { cause });
}
