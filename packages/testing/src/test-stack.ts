import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { Client } from 'pg';

/** A corner of the test run's servers that nothing else uses. */
export interface IsolatedStack {
  kafkaBrokers: string[];
  topicPrefix: string;
  /** A fresh, empty database. */
  databaseUrl: string;
  /** A Redis database of its own, empty. */
  redisUrl: string;
  /** The same as settings for a service: KAFKA_BROKERS, TOPIC_PREFIX, GROUP_ID, DATABASE_URL, REDIS_URL. */
  env: Record<string, string>;
  /** Drops the database and empties the Redis database; topics go with the servers at the end of the run. */
  dispose(): Promise<void>;
}

/** Servers to take a corner of. */
export interface Servers {
  /** Brokers as `host:port`. */
  kafka: string[];
  /** URLs with user and password. */
  postgres: string;
  redis: string;
}

export interface IsolateOptions {
  /** Where the database keeps its files; the server's own place when absent. */
  tablespace?: string;
}

/** Number 0 counts those given out. */
const redisDatabases = 1_024;

/** Reserves a part of the servers, which are those that `npm test` runs unless others are given. */
export async function isolate(
  { kafka: kafkaBrokers, postgres, redis }: Servers = serversOfRun(),
  { tablespace }: IsolateOptions = {},
): Promise<IsolatedStack> {
  const name = `t${randomBytes(6).toString('hex')}`;
  const topicPrefix = `${name}.`;

  await onPostgres(postgres, `CREATE DATABASE ${name}${tablespace === undefined ? '' : ` TABLESPACE ${tablespace}`}`);
  const databaseUrl = withPath(postgres, name);
  const redisUrl = await takeRedisDatabase(redis);
  return {
    kafkaBrokers,
    topicPrefix,
    databaseUrl,
    redisUrl,
    env: {
      KAFKA_BROKERS: kafkaBrokers.join(','),
      TOPIC_PREFIX: topicPrefix,
      // Groups are the cluster's, whatever topics they read.
      GROUP_ID: `${topicPrefix}aggregator`,
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
    },
    async dispose() {
      await onPostgres(postgres, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await onRedis(redisUrl, (client) => client.flushdb());
    },
  };
}

/** The servers that `npm test` runs. */
export function serversOfRun(): Servers {
  return {
    kafka: fromRun('TEST_KAFKA_BROKERS').split(','),
    postgres: fromRun('TEST_POSTGRES_URL'),
    redis: fromRun('TEST_REDIS_URL'),
  };
}

function fromRun(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set: this test needs servers; run it through \`npm test -- <file>\``);
}

async function takeRedisDatabase(redis: string): Promise<string> {
  const taken = await onRedis(withPath(redis, '0'), (client) => client.incr('tidemark-test-databases'));
  if (taken >= redisDatabases) throw new Error(`all ${redisDatabases - 1} Redis databases of this run are taken`);
  const redisUrl = withPath(redis, String(taken));
  await onRedis(redisUrl, (client) => client.flushdb());
  return redisUrl;
}

function withPath(url: string, path: string): string {
  const changed = new URL(url);
  changed.pathname = `/${path}`;
  return changed.href;
}

async function onPostgres(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function onRedis<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}
