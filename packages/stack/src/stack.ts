import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { provideJars } from './jars.ts';
import { kafkaServer } from './kafka.ts';
import type { SecureListener } from './kafka-settings.ts';
import { PortPicker } from './ports.ts';
import { postgresServer } from './postgres.ts';
import { ProcessRegistry } from './process-registry.ts';
import { redisServer } from './redis.ts';
import { keptPassword } from './secrets.ts';
import { createServer, type ServerHandle, type ServerSpec } from './server.ts';

export type ServerName = 'kafka' | 'postgres' | 'redis';

export interface StackOptions {
  /** Holds the data, the passwords and the logs. The caller holds its lock: two stacks in one directory would fight. */
  dir: string;
  /** Ports on 127.0.0.1; free ones where not given. */
  ports?: Partial<Record<ServerName, number>>;
  /** Addresses of servers that run already and are used instead of embedded ones. */
  external?: { kafka?: string[] | undefined; postgres?: string | undefined; redis?: string | undefined };
  /** One more listener of the embedded broker, by TLS and with a login. */
  secureKafka?: SecureListener;
  onProgress?: (message: string) => void;
  /** Told when a server ends that nobody stopped. */
  onExit?: (name: ServerName, message: string) => void;
}

export interface Stack {
  /** Brokers as `host:port`. */
  kafka: string[];
  /** URLs with user and password. */
  postgres: string;
  redis: string;
  /** The embedded servers; none for those given as external. */
  servers: { name: ServerName; pid: number | undefined }[];
  /** Each embedded server, to stop, kill and start it by itself. */
  handles: Partial<Record<ServerName, ServerHandle>>;
  /** Stops all, Postgres last. */
  stop(): Promise<void>;
}

/** What the servers are set up with. */
export interface StackContext {
  dir: string;
  logsDir: string;
  ports: PortPicker;
  /** The folder of the jars; fetched when first asked for. */
  jars: () => Promise<string>;
  onProgress: (message: string) => void;
}

const stopOrder: ServerName[] = ['redis', 'kafka', 'postgres'];

/**
 * Provisions and starts Kafka, Postgres and Redis, and resolves once all three answer. Orphans of an earlier stack in the
 * directory are ended first.
 * @throws CodedError of the servers' set-up; whatever had started is stopped again.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { external = {}, onProgress = () => undefined, onExit = () => undefined } = options;
  const dir = resolve(options.dir);
  let jars: Promise<string> | undefined;
  const context: StackContext = {
    dir,
    logsDir: join(dir, 'logs'),
    ports: new PortPicker(),
    jars: () => (jars ??= provideJars(onProgress)),
    onProgress,
  };
  await mkdir(context.logsDir, { recursive: true });
  const registry = new ProcessRegistry(dir);
  await registry.endOrphans(onProgress);

  const port = async (name: ServerName) => options.ports?.[name] ?? (await context.ports.free());
  const handles: Partial<Record<ServerName, ServerHandle>> = {};
  const stop = () => stopAll(handles);
  const start = async (name: ServerName, spec: Promise<ServerSpec>) => {
    const startedMs = performance.now();
    const handle = createServer(await spec, registry, (message) => onExit(name, message));
    handles[name] = handle;
    await handle.start();
    onProgress(`${name} is up (pid ${handle.pid}, ${((performance.now() - startedMs) / 1_000).toFixed(1)} s)`);
  };

  const starts: Promise<void>[] = [];
  let { kafka, postgres, redis } = external;
  if (postgres === undefined) {
    const at = await port('postgres');
    const password = keptPassword(join(dir, 'postgres.password'));
    postgres = `postgres://tidemark:${password}@127.0.0.1:${at}/postgres`;
    starts.push(start('postgres', postgresServer({ port: at, password, url: postgres }, context)));
  }
  if (kafka === undefined) {
    const at = await port('kafka');
    kafka = [`127.0.0.1:${at}`];
    starts.push(start('kafka', kafkaServer(at, context, options.secureKafka)));
  }
  if (redis === undefined) {
    const at = await port('redis');
    const password = keptPassword(join(dir, 'redis.password'));
    redis = `redis://:${password}@127.0.0.1:${at}/0`;
    starts.push(start('redis', redisServer({ port: at, password }, context)));
  }
  const failed = (await Promise.allSettled(starts)).find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  return {
    kafka,
    postgres,
    redis,
    handles,
    get servers() {
      return Object.values(handles).map(({ name, pid }) => ({ name: name as ServerName, pid }));
    },
    stop,
  };
}

async function stopAll(handles: Partial<Record<ServerName, ServerHandle>>): Promise<void> {
  for (const name of stopOrder) await handles[name]?.stop();
}
