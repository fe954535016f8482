import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { testRunOptions } from './options.ts';

describe('npm test', () => {
  test('runs every test file of the workspace, and none of its dependencies', () => {
    const { files, runsChecks } = testRunOptions([]);
    assert.ok(files.includes('launcher/src/test-run/options.test.ts'));
    assert.deepEqual(
      files.filter((file) => file.includes('node_modules')),
      [],
    );
    assert.equal(runsChecks, true);
  });

  test('runs what is named: a file, a folder, a pattern', () => {
    const own = ['launcher/src/test-run/options.test.ts'];
    assert.deepEqual(testRunOptions(own).files, own);
    assert.deepEqual(testRunOptions(['launcher/src/test-run']).files, own);
    assert.deepEqual(testRunOptions(['launcher/src/test-run/*.test.ts']).files, own);
  });

  test("hands options on to Node's runner", () => {
    const { runnerArgs, runsChecks } = testRunOptions(['launcher', '--no-check', '--test-name-pattern=lock']);
    assert.deepEqual(runnerArgs, ['--test-name-pattern=lock']);
    assert.equal(runsChecks, false);
  });

  test('refuses what names no test, so that a typing error does not pass for success', () => {
    assert.throws(() => testRunOptions(['launcher/src/nothing.test.ts']), { code: 'OPTION_INVALID' });
    assert.throws(() => testRunOptions(['--no-chekc']), { code: 'OPTION_INVALID', message: /--no-chekc/ });
  });
});
