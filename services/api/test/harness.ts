import type { TestContext } from 'node:test';
import { loadSettings, Readiness, silentLogger } from '@tidemark/runtime';
import { createPostgres, migrate } from '@tidemark/store';
import { Owner } from '@tidemark/testing/owner';
import { Registry } from 'prom-client';
import { createApp } from '../src/app.ts';
import { schema } from '../src/config.ts';

export const partitionCount = 3;
const log = silentLogger();

/** Everything that an API reads, in a corner of its own. */
export async function createOwner(): Promise<Owner> {
  const owner = await Owner.create(partitionCount);
  await migrate({ url: owner.stack.databaseUrl, log });
  return owner;
}

/** Puts a token into the table of those that were counted once. */
export async function know({ stack }: Owner, token: string, symbol: string): Promise<void> {
  const pool = createPostgres({ url: stack.databaseUrl, log, max: 1 });
  await pool.query(
    `INSERT INTO tokens (group_id, token, symbol, name, first_seen_ms, last_seen_ms) VALUES ($1, $2, $3, NULL, 1, 2)`,
    [stack.env['GROUP_ID'], token, symbol],
  );
  await pool.end();
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any; // oxlint-disable-line typescript/no-explicit-any
}

/** An API in this process, ready. */
export async function startApi(t: TestContext, { stack }: Owner, env: Record<string, string> = {}) {
  const readiness = new Readiness();
  const failures: unknown[] = [];
  const app = await createApp({
    settings: loadSettings(schema, { ...stack.env, PARTITIONS: String(partitionCount), API_PORT: '0', ...env }),
    instance: 'api',
    log,
    metrics: new Registry(),
    readiness,
    signal: new AbortController().signal,
    fail: (error) => failures.push(error),
  });
  t.after(() => app.close());
  while (!readiness.ready) await new Promise((resolve) => setTimeout(resolve, 5));
  return {
    readiness,
    failures,
    url: app.url,
    async get(path: string): Promise<Answer> {
      const response = await fetch(`${app.url}${path}`);
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
  };
}

/** Asks until the answer is as wanted: for what reaches the API through `stats`. */
export async function until(ask: () => Promise<Answer>, wanted: (body: Answer['body']) => boolean): Promise<Answer> {
  while (true) {
    const answer = await ask();
    if (wanted(answer.body)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
