import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CodedError } from '@tidemark/runtime';
import { Client } from 'pg';
import { type PostgresUser, postgresUser, provideDataDir, providePostgres } from './postgres-home.ts';
import { identifyProcess } from './process-identity.ts';
import type { ServerSpec } from './server.ts';
import type { StackContext } from './stack.ts';

const run = promisify(execFile);

const probeTimeoutMs = 2_000;
const initTimeoutMs = 120_000;

export interface PostgresOptions {
  port: number;
  password: string;
  url: string;
}

/** A PostgreSQL server; its cluster is initialised the first time. */
export async function postgresServer(
  { port, password, url }: PostgresOptions,
  { dir, logsDir, onProgress }: StackContext,
): Promise<ServerSpec> {
  const user = await postgresUser();
  const bin = join(await providePostgres(user), 'bin');
  const dataDir = await provideDataDir(dir, user);
  // There while initdb runs, so that half a cluster, left by a kill, is not taken for a whole one.
  const unfinished = join(dir, 'postgres.initialising');
  if (existsSync(unfinished) || !existsSync(join(dataDir, 'PG_VERSION'))) {
    onProgress('initialises Postgres');
    await writeFile(unfinished, '');
    await initialise(join(bin, 'initdb'), dataDir, password, user);
    await rm(unfinished);
  }
  return {
    name: 'postgres',
    command: join(bin, 'postgres'),
    args: ['-D', dataDir, ...settingArgs(port)],
    cwd: dataDir,
    env: cleanEnv(),
    user,
    outputFile: join(logsDir, 'postgres.log'),
    // "Fast": clients are cut off, transactions rolled back. SIGTERM would wait for them to leave.
    stopSignal: 'SIGINT',
    startTimeoutMs: 60_000,
    stopTimeoutMs: 20_000,
    beforeStart: () => removeStaleLock(dataDir),
    probe: () => probe(url),
  };
}

function settingArgs(port: number): string[] {
  const settings = {
    port: port,
    listen_addresses: '127.0.0.1',
    // No socket file: its path has a limit of about 100 bytes, and nothing here would use it.
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '128MB',
    // Tests and small machines: a checkpoint's write-ahead log is kept short.
    max_wal_size: '256MB',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** The locale of the user may not exist for another user; sorting and messages are to be the same everywhere. */
function cleanEnv(): NodeJS.ProcessEnv {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name)));
  return { ...env, LC_ALL: 'C', TZ: 'UTC' };
}

async function initialise(initdb: string, dataDir: string, password: string, user: PostgresUser): Promise<void> {
  for (const left of await readdir(dataDir)) await rm(join(dataDir, left), { recursive: true });
  // A file of its own, for the moment, since its reader is another user when root starts this.
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-initdb-'));
  const passwordFile = join(folder, randomBytes(8).toString('hex'));
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (user) await Promise.all([folder, passwordFile].map((path) => chown(path, user.uid, user.gid)));
    await run(
      initdb,
      [
        `--pgdata=${dataDir}`,
        '--username=tidemark',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--no-locale',
      ],
      { ...user, cwd: dataDir, env: cleanEnv(), timeout: initTimeoutMs },
    );
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new CodedError('SERVER_FAILED', `Postgres could not be initialised: ${stderr || (error as Error).message}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * After a crash and a reboot another program may have the process id in postmaster.pid, and Postgres would refuse to start.
 * The file is removed only when that process is no Postgres: with one alive, Postgres' own check must decide.
 */
async function removeStaleLock(dataDir: string): Promise<void> {
  const file = join(dataDir, 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (pid > 0 && identifyProcess(pid)?.program !== 'postgres') await rm(file, { force: true });
}

async function probe(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: probeTimeoutMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}
