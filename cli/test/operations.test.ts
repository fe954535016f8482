import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type IsolatedStack, isolate } from '@tidemark/testing';
import { runCommand } from './run-command.ts';

describe('operations on real servers', () => {
  let stack: IsolatedStack;
  before(async () => {
    stack = await isolate();
  });
  after(() => stack.dispose());
  const run = (...args: string[]) => runCommand(args, stack.env);

  test('topics are created once, listed and checked', async () => {
    const missing = await run('topics', 'check');
    assert.equal(missing.code, 75);
    assert.match(missing.stderr, /^TOPIC_MISSING: .*swaps[^]*topics create/);

    const topic = `${stack.topicPrefix}swaps`;
    const created = await run('topics', 'create');
    assert.equal(created.code, 0, created.stderr);
    assert.ok(created.stdout.includes(`${topic}: 12 partitions, created\n`));
    const again = await run('topics', 'create', '--json');
    const reports = JSON.parse(again.stdout) as { topic: string; created: boolean }[];
    assert.ok(reports.length >= 3 && reports.every((report) => !report.created));
    assert.equal((await run('topics', 'check')).code, 0);
    const listed = JSON.parse((await run('topics', 'list', '--json')).stdout) as { topic: string }[];
    assert.deepEqual(
      listed.find((line) => line.topic === topic),
      { topic, state: 'present', partitions: 12, records: 0 },
    );
  });

  test('a topic with another partition count is a mismatch, named as a setting', async () => {
    await run('topics', 'create');
    const { code, stderr } = await runCommand(['topics', 'check'], { ...stack.env, PARTITIONS: '5' });
    assert.equal(code, 78);
    assert.match(stderr, /^TOPIC_MISMATCH: [^]*has 12 partitions, not 5 \(PARTITIONS\)/);
  });

  test('status before and after the migration, with nobody counting', async () => {
    await run('topics', 'create');
    const unmigrated = await run('status');
    assert.equal(unmigrated.code, 75);
    assert.match(unmigrated.stderr, /^SCHEMA_MISSING: [^]*migrate/);
    assert.equal(
      unmigrated.stdout.split('\n').filter((line) => line.includes('nobody')).length,
      12,
      'the rest is shown',
    );

    const migrated = await run('migrate');
    assert.equal(migrated.code, 0, migrated.stderr);
    assert.match(migrated.stdout, /applied 0001_checkpoints\napplied 0002_rebuilds\n[^]*the schema is current/);
    assert.equal((await run('migrate')).stdout, 'the schema is current\n');

    const { code, stdout } = await run('status', '--json');
    assert.equal(code, 0);
    const { partitions } = JSON.parse(stdout) as { partitions: { partition: number; owner: string | null }[] };
    assert.deepEqual(
      partitions.map(({ partition, owner }) => [partition, owner]),
      Array.from({ length: 12 }, (_, partition) => [partition, null]),
    );
  });
});
