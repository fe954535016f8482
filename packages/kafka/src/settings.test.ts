import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { loadSettings } from '@tidemark/runtime';
import { z } from 'zod';
import { kafkaConnection, kafkaSettings } from './settings.ts';

const dir = mkdtempSync(join(tmpdir(), 'tidemark-kafka-settings-'));
after(() => rmSync(dir, { recursive: true }));

function file(name: string): string {
  const path = join(dir, name);
  writeFileSync(path, `the ${name}`);
  return path;
}

const connectionOf = (env: NodeJS.ProcessEnv) => kafkaConnection(loadSettings(z.object(kafkaSettings), env));

describe('the connection to Kafka', () => {
  test('is plain and anonymous by default', () => {
    assert.deepEqual(connectionOf({ KAFKA_BROKERS: 'a:1, b:2', TOPIC_PREFIX: 'x.' }), {
      brokers: ['a:1', 'b:2'],
      topicPrefix: 'x.',
    });
  });

  test('talks TLS with the authorities and the certificate of the files that are named', () => {
    const env = { KAFKA_TLS: 'true', KAFKA_CA_FILE: file('ca') };
    assert.deepEqual(connectionOf({ KAFKA_TLS: 'true' }).tls, {});
    assert.deepEqual(connectionOf(env).tls, { ca: 'the ca' });
    assert.deepEqual(connectionOf({ ...env, KAFKA_CERT_FILE: file('cert'), KAFKA_KEY_FILE: file('key') }).tls, {
      ca: 'the ca',
      cert: 'the cert',
      key: 'the key',
    });
  });

  test('logs in by each mechanism, with a password from a file too', () => {
    for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512']) {
      const env = { KAFKA_SASL: mechanism, KAFKA_USER: 'alice', KAFKA_PASSWORD_FILE: file('password') };
      assert.deepEqual(connectionOf(env).sasl, { mechanism, username: 'alice', password: 'the password' });
    }
  });

  test('is refused when it is half described, rather than made weaker than was meant', () => {
    const half: [NodeJS.ProcessEnv, RegExp][] = [
      [{ KAFKA_CA_FILE: file('ca') }, /KAFKA_TLS/],
      [{ KAFKA_TLS: 'true', KAFKA_CERT_FILE: file('cert') }, /KAFKA_KEY_FILE/],
      [{ KAFKA_TLS: 'true', KAFKA_CA_FILE: join(dir, 'absent') }, /KAFKA_CA_FILE: cannot read .*ENOENT/],
      [{ KAFKA_SASL: 'plain', KAFKA_USER: 'alice' }, /KAFKA_PASSWORD/],
      [{ KAFKA_USER: 'alice', KAFKA_PASSWORD: 'x' }, /KAFKA_SASL/],
    ];
    for (const [env, message] of half) assert.throws(() => connectionOf(env), { code: 'SETTINGS_INVALID', message });
  });
});
