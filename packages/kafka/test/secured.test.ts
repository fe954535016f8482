import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { loadSettings, silentLogger } from '@tidemark/runtime';
import { PortPicker, provideJars, type Stack, startStack } from '@tidemark/stack';
import { selfSigned, withoutOpenssl } from '@tidemark/testing';
import { z } from 'zod';
import { connectKafka, createProducer, kafkaConnection, kafkaSettings, tailTopic } from '../src/index.ts';

const password = 'correct-horse';
const mechanisms = ['plain', 'scram-sha-512'];

/** A broker of its own, since the run's takes everybody. */
describe('a broker that asks for TLS and a login', { skip: withoutOpenssl }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-secured-'));
  const caFile = join(dir, 'ca.pem');
  const otherCaFile = join(dir, 'other-ca.pem');
  let stack: Stack;
  let broker: string;
  let prefixes = 0;

  before(async () => {
    const { cert, key } = selfSigned();
    const keystore = join(dir, 'broker.pem');
    writeFileSync(keystore, key + cert, { mode: 0o600 });
    writeFileSync(caFile, cert);
    writeFileSync(otherCaFile, selfSigned().cert);
    chmodSync(dir, 0o711);
    const port = await new PortPicker().free();
    const login = 'org.apache.kafka.common.security';
    broker = `127.0.0.1:${port}`;
    stack = await startStack({
      dir,
      external: { postgres: 'none', redis: 'none' },
      secureKafka: {
        port,
        settings: {
          'ssl.keystore.type': 'PEM',
          'ssl.keystore.location': keystore,
          'sasl.enabled.mechanisms': mechanisms.map((one) => one.toUpperCase()).join(','),
          'plain.sasl.jaas.config': `${login}.plain.PlainLoginModule required user_alice="${password}";`,
          'scram-sha-512.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
        },
      },
    });
    await addScramUser(stack.kafka[0]!);
  });
  after(async () => {
    await stack.stop();
    rmSync(dir, { recursive: true });
  });

  /** A client as a service would have it. */
  function connect(t: TestContext, env: NodeJS.ProcessEnv) {
    const settings = loadSettings(z.object(kafkaSettings), {
      KAFKA_BROKERS: broker,
      KAFKA_TLS: 'true',
      KAFKA_CA_FILE: caFile,
      KAFKA_SASL: 'plain',
      KAFKA_USER: 'alice',
      KAFKA_PASSWORD: password,
      TOPIC_PREFIX: `t${++prefixes}.`,
      ...env,
    });
    const client = connectKafka({ ...kafkaConnection(settings), clientId: 'test', log: silentLogger() });
    t.after(() => client.close());
    return client;
  }

  for (const mechanism of mechanisms) {
    test(`takes and gives records after a login by ${mechanism}`, async (t) => {
      const client = connect(t, { KAFKA_SASL: mechanism });
      await client.ensureTopics({ partitions: 1 });
      const producer = createProducer(client);
      await producer.connect();
      t.after(() => producer.close());
      await producer.send({ topic: 'swaps', partition: 0, key: 'k', value: 'a secret' });
      const values: string[] = [];
      const tail = await tailTopic(client, {
        topic: 'swaps',
        groupId: `${client.options.topicPrefix}tail`,
        onRecords: (_partition, records) => void values.push(...records.map(({ value }) => String(value))),
        onError: (error) => {
          throw error;
        },
      });
      t.after(() => tail.close());
      await tail.caughtUp;
      assert.deepEqual(values, ['a secret']);
    });

    test(`refuses a wrong password by ${mechanism}, and the error says what to correct`, async (t) => {
      const client = connect(t, { KAFKA_SASL: mechanism, KAFKA_PASSWORD: 'wrong' });
      await assert.rejects(client.offsets('swaps'), { code: 'KAFKA_LOGIN_REFUSED' });
      await assert.rejects(createProducer(client).connect(), { code: 'KAFKA_LOGIN_REFUSED' });
    });
  }

  test('is not talked to when no authority that is trusted signed its certificate', async (t) => {
    for (const KAFKA_CA_FILE of ['', otherCaFile]) {
      const client = connect(t, { KAFKA_CA_FILE });
      await assert.rejects(client.offsets('swaps'), { code: 'KAFKA_UNTRUSTED' });
    }
  });

  test('is not talked to under a name that its certificate does not have', async (t) => {
    const client = connect(t, { KAFKA_BROKERS: broker.replace('127.0.0.1', 'localhost') });
    await assert.rejects(client.offsets('swaps'), { code: 'KAFKA_UNTRUSTED', message: /altnames/ });
  });
});

async function addScramUser(plainBroker: string): Promise<void> {
  const jars = await provideJars(() => undefined);
  const java = process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin', 'java') : 'java';
  const alter = ['--alter', '--entity-type', 'users', '--entity-name', 'alice'];
  const credentials = ['--add-config', `SCRAM-SHA-512=[password=${password}]`];
  const command = ['-cp', join(jars, '*'), 'kafka.admin.ConfigCommand', '--bootstrap-server', plainBroker];
  await promisify(execFile)(java, [...command, ...alter, ...credentials]);
}
