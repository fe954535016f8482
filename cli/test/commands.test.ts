import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from '@tidemark/runtime';
import { runCommand } from './run-command.ts';

test('errors lists every code of the catalogue with its remedy', async () => {
  const { code, stdout } = await runCommand(['errors'], {});
  assert.equal(code, 0);
  for (const [name, { remedy }] of Object.entries(catalogue))
    assert.ok(stdout.includes(name) && stdout.includes(remedy));
  const { stdout: json } = await runCommand(['errors', 'topic_missing', '--json'], {});
  const { meaning, remedy } = catalogue.TOPIC_MISSING;
  assert.deepEqual(JSON.parse(json), [{ code: 'TOPIC_MISSING', meaning, remedy, exitCode: 75 }]);
});

test('what cannot be understood ends with a code and the way to the help', async () => {
  for (const args of [
    ['frobnicate'],
    ['record', '--limit', '0'],
    ['record', '--topic', 'x'],
    ['errors', 'NO_SUCH_CODE'],
  ]) {
    const { code, stderr } = await runCommand(args, {});
    assert.equal(code, 78, args.join(' '));
    assert.match(stderr, /^OPTION_INVALID: .*\nSee `--help`\.\n$/);
  }
});

test('every command explains itself', async () => {
  for (const command of ['topics', 'migrate', 'status', 'rebuild', 'record', 'errors']) {
    const { code, stdout } = await runCommand([command, '--help'], {});
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`Usage: tidemark ${command}`));
  }
});

test('a server that is away is named by its code, with the exit code that says: try again', async () => {
  const { code, stderr } = await runCommand(['topics', 'list'], { KAFKA_BROKERS: '127.0.0.1:1' });
  assert.equal(code, 75);
  assert.match(stderr, /^KAFKA_UNAVAILABLE: /);
  const migrated = await runCommand(['migrate'], { DATABASE_URL: 'postgres://127.0.0.1:1/none' });
  assert.equal(migrated.code, 75);
  assert.match(migrated.stderr, /^POSTGRES_UNAVAILABLE: /);
});
