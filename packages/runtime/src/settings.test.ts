import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { CodedError } from './errors.ts';
import { duration, flag, integer, list, loadSettings, maskSettings, port } from './settings.ts';

const schema = z.object({
  INTERVAL: duration('20ms', { minMs: 10, maxMs: 60_000 }),
  COUNT_MAX: integer(3, { min: 1, max: 9 }),
  ENABLED: flag(false),
  BROKERS: list('a:1,b:2'),
  PORT: port(80),
  DATABASE_URL: z.string().default('postgres://localhost/x').meta({ secret: true }),
  API_KEY: z.string().default('').meta({ secret: true }),
});

/** The lines of the list that the error carries. */
function problemsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    loadSettings(schema, env);
  } catch (error) {
    assert.ok(error instanceof CodedError);
    assert.equal(error.code, 'SETTINGS_INVALID');
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/^ {2}- /, ''));
  }
  return [];
}

function inFile(content: string, use: (path: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-settings-'));
  const path = join(dir, 'secret');
  writeFileSync(path, content);
  try {
    use(path);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe('settings', () => {
  test('are parsed to their types, with defaults for what is absent or empty', () => {
    const defaults = loadSettings(schema, { COUNT_MAX: '', PATH: '/bin' });
    assert.deepEqual(defaults, {
      INTERVAL: 20,
      COUNT_MAX: 3,
      ENABLED: false,
      BROKERS: ['a:1', 'b:2'],
      PORT: 80,
      DATABASE_URL: 'postgres://localhost/x',
      API_KEY: '',
    });
    const given = loadSettings(schema, {
      INTERVAL: '1.5s',
      COUNT_MAX: ' 9 ',
      ENABLED: 'true',
      BROKERS: ' c:3 ,, d:4,',
    });
    assert.equal(given.INTERVAL, 1_500);
    assert.equal(given.COUNT_MAX, 9);
    assert.equal(given.ENABLED, true);
    assert.deepEqual(given.BROKERS, ['c:3', 'd:4']);
  });

  test('a duration is a number with a unit, or of milliseconds, within its bounds', () => {
    const parsed = ['10', '250ms', '2s', '1m'].map((text) => loadSettings(schema, { INTERVAL: text }).INTERVAL);
    assert.deepEqual(parsed, [10, 250, 2_000, 60_000]);
    for (const bad of ['9ms', '61s', '1h', '-1s', '1 s', '1e3', 's', 'soon', '1w', 'Infinity']) {
      assert.match(
        problemsOf({ INTERVAL: bad })[0] ?? '',
        /^INTERVAL: expected a duration such as 20ms, from 10ms/,
        bad,
      );
    }
  });

  test('an integer, a port and a flag outside what they may be are refused with what is expected', () => {
    for (const bad of ['0', '10', '1.0', '0x1', 'NaN', '1e0', '99999999999999999999']) {
      assert.deepEqual(problemsOf({ COUNT_MAX: bad }), ['COUNT_MAX: expected a whole number from 1 to 9'], bad);
    }
    assert.deepEqual(problemsOf({ PORT: '65536' }), ['PORT: expected a whole number from 0 to 65535']);
    for (const bad of ['1', 'yes', 'TRUE']) assert.match(problemsOf({ ENABLED: bad })[0] ?? '', /^ENABLED: /, bad);
  });

  test('everything that is wrong is listed at once', () => {
    const problems = problemsOf({
      COUNT_MAX: 'x',
      PORT: '-1',
      TIDEMARK_COLOUR: 'red',
      INTERVALS: '1s',
      API_KEY_FILE: '/nowhere/key',
    });
    assert.equal(problems.length, 5);
    for (const name of ['API_KEY_FILE', 'COUNT_MAX', 'INTERVALS', 'PORT', 'TIDEMARK_COLOUR']) {
      assert.ok(
        problems.some((line) => line.startsWith(name)),
        name,
      );
    }
  });
});

describe('names that are no settings', () => {
  test('an unknown TIDEMARK_ name is refused, those of the launcher and the tests are not', () => {
    assert.deepEqual(problemsOf({ TIDEMARK_LATENESS: '1s' }), ['TIDEMARK_LATENESS is not a setting']);
    assert.deepEqual(problemsOf({ TIDEMARK_DIR: '.t', TIDEMARK_RECORDINGS: 'r', TIDEMARK_CACHE: 'c' }), []);
  });

  test('a name one letter away from a setting is refused with the one that is meant', () => {
    for (const misspelt of ['INTERVALL', 'INTRVAL', 'INTERVAT', 'INTERVLA', 'ITNERVAL']) {
      assert.deepEqual(problemsOf({ [misspelt]: '1s' }), [`${misspelt} is not a setting; did you mean INTERVAL?`]);
    }
  });

  test('a short name, or one that is further away, belongs to somebody else', () => {
    assert.deepEqual(problemsOf({ PORTS: '1', SPORT: '1', INTERVALSS: '1', INVERTAL: '1', HOME: '/root' }), []);
  });
});

describe('secrets', () => {
  test('come from the file that X_FILE names, without the newline at its end', () => {
    inFile('postgres://u:p@db/x\n', (path) => {
      assert.equal(loadSettings(schema, { DATABASE_URL_FILE: path }).DATABASE_URL, 'postgres://u:p@db/x');
    });
  });

  test('given twice they are refused, and so is a file that cannot be read', () => {
    inFile('k', (path) => {
      assert.deepEqual(problemsOf({ API_KEY: 'k', API_KEY_FILE: path }), [
        'API_KEY and API_KEY_FILE are both set; keep one',
      ]);
    });
    assert.deepEqual(problemsOf({ API_KEY_FILE: '/nowhere/key' }), ['API_KEY_FILE: cannot read /nowhere/key (ENOENT)']);
  });

  test('a file for a setting that is no secret is refused rather than ignored', () => {
    assert.deepEqual(problemsOf({ BROKERS_FILE: '/etc/brokers' }), [
      'BROKERS_FILE: BROKERS is not a secret and is not read from a file',
    ]);
  });

  test('are masked where settings are shown, in URLs the password alone', () => {
    const masked = (url: string) =>
      maskSettings(schema, { DATABASE_URL: url, API_KEY: 'k', COUNT_MAX: 3 })['DATABASE_URL'];
    assert.deepEqual(maskSettings(schema, { API_KEY: 'k', COUNT_MAX: 3 }), { API_KEY: '***', COUNT_MAX: 3 });
    assert.deepEqual(maskSettings(schema, { API_KEY: '' }), { API_KEY: '' });
    assert.equal(masked('postgres://user:pass@host:5432/x'), 'postgres://user:***@host:5432/x');
    assert.equal(masked('redis://:pass@host'), 'redis://:***@host');
    assert.equal(masked('postgres://host/x'), 'postgres://host/x');
    assert.equal(masked('postgres://user:p@ss:w/rd@host/x'), 'postgres://user:***@host/x');
    assert.equal(masked('postgres://host/x?user=u&password=pass&ssl=1'), 'postgres://host/x?user=u&password=***&ssl=1');
  });
});
