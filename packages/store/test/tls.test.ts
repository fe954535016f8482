import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadSettings, silentLogger } from '@tidemark/runtime';
import { type Certificate, isolate, selfSigned, withoutOpenssl } from '@tidemark/testing';
import { z } from 'zod';
import { migrate } from '../src/migrate.ts';
import { createPostgres, pingPostgres, postgresConnection, postgresSettings } from '../src/postgres.ts';
import { createRedis, pingRedis, redisConnection, redisSettings } from '../src/redis.ts';
import { startTlsFront } from './tls-front.ts';

const log = silentLogger();

const database = (env: NodeJS.ProcessEnv) => postgresConnection(loadSettings(z.object(postgresSettings), env));
const redis = (env: NodeJS.ProcessEnv) => redisConnection(loadSettings(z.object(redisSettings), env));
const refused = (make: () => unknown, message: RegExp) => assert.throws(make, { code: 'SETTINGS_INVALID', message });

describe('TLS', { skip: withoutOpenssl }, () => {
  let stack: Awaited<ReturnType<typeof isolate>>;
  let dir: string;
  let certificate: Certificate;
  let caFile: string;
  let otherCaFile: string;

  before(async () => {
    stack = await isolate();
    dir = mkdtempSync(join(tmpdir(), 'tidemark-store-tls-'));
    certificate = selfSigned();
    caFile = join(dir, 'ca.pem');
    otherCaFile = join(dir, 'other-ca.pem');
    writeFileSync(caFile, certificate.cert);
    writeFileSync(otherCaFile, selfSigned().cert);
  });
  after(async () => {
    rmSync(dir, { recursive: true });
    await stack?.dispose();
  });

  test('to PostgreSQL takes the certificate of a trusted authority alone', async (t) => {
    const url = new URL(stack.databaseUrl);
    const front = await startTlsFront(url, certificate, { asks: true });
    t.after(() => front.close());
    url.port = String(front.port);
    const env = { DATABASE_URL: url.href, DATABASE_TLS: 'true' };

    const trusting = createPostgres({ ...database({ ...env, DATABASE_CA_FILE: caFile }), log });
    await pingPostgres(trusting);
    await trusting.end();
    await migrate({ ...database({ ...env, DATABASE_CA_FILE: caFile }), log });
    for (const untrusted of [env, { ...env, DATABASE_CA_FILE: otherCaFile }]) {
      const pool = createPostgres({ ...database(untrusted), log });
      await assert.rejects(pingPostgres(pool), { code: 'POSTGRES_UNAVAILABLE', message: /certificate/ });
      await pool.end();
    }
  });

  test('to PostgreSQL is for the host that the certificate names', async (t) => {
    const url = new URL(stack.databaseUrl);
    const front = await startTlsFront(url, certificate, { asks: true });
    t.after(() => front.close());
    url.host = `localhost:${front.port}`;
    const pool = createPostgres({
      ...database({ DATABASE_URL: url.href, DATABASE_TLS: 'true', DATABASE_CA_FILE: caFile }),
      log,
    });
    await assert.rejects(pingPostgres(pool), { code: 'POSTGRES_UNAVAILABLE', message: /altnames/ });
    await pool.end();
  });

  test('to PostgreSQL does not fall back to plain text where the server has none', async () => {
    const pool = createPostgres({ ...database({ DATABASE_URL: stack.databaseUrl, DATABASE_TLS: 'true' }), log });
    await assert.rejects(pingPostgres(pool), { code: 'POSTGRES_UNAVAILABLE', message: /does not support SSL/ });
    await pool.end();
  });

  test('to Redis takes the certificate of a trusted authority alone', async (t) => {
    const url = new URL(stack.redisUrl);
    const front = await startTlsFront(url, certificate);
    t.after(() => front.close());
    const secureUrl = `rediss://:${url.password}@127.0.0.1:${front.port}${url.pathname}`;
    const trusting = createRedis({ ...redis({ REDIS_URL: secureUrl, REDIS_CA_FILE: caFile }), log });
    await pingRedis(trusting);
    trusting.disconnect();
    for (const untrusted of [{ REDIS_URL: secureUrl }, { REDIS_URL: secureUrl, REDIS_CA_FILE: otherCaFile }]) {
      const client = createRedis({ ...redis(untrusted), log });
      await assert.rejects(pingRedis(client), { code: 'REDIS_UNAVAILABLE' });
      client.disconnect();
    }
  });

  test('that is half described is refused, rather than left out', () => {
    const url = 'postgres://localhost/tidemark';
    refused(() => database({ DATABASE_URL: url, DATABASE_CA_FILE: caFile }), /DATABASE_TLS/);
    refused(() => database({ DATABASE_URL: `${url}?sslmode=no-verify`, DATABASE_TLS: 'true' }), /ssl parameters/);
    refused(() => database({ DATABASE_TLS: 'true', DATABASE_CA_FILE: join(dir, 'absent') }), /cannot read .*ENOENT/);
    refused(() => redis({ REDIS_URL: 'redis://localhost', REDIS_CA_FILE: caFile }), /rediss/);
  });
});
