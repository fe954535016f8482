import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

const launch = join(import.meta.dirname, '..', 'launch.mjs');

const java = (version: string) => `echo 'openjdk version "${version}" 2025-01-01' >&2`;

describe('a machine that lacks what the embedded servers need', () => {
  const folders: string[] = [];
  after(() => {
    for (const made of folders) rmSync(made, { recursive: true });
  });

  function folder(): string {
    const made = mkdtempSync(join(tmpdir(), 'tidemark-path-'));
    folders.push(made);
    return made;
  }

  /** A PATH with these programs alone, each a shell script. */
  function pathWith(programs: Record<string, string>): string {
    const bin = folder();
    for (const [name, script] of Object.entries(programs)) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    symlinkSync(process.execPath, join(bin, 'node'));
    return bin;
  }

  /** An empty cache, so that Maven is needed; no INIT_CWD or JAVA_HOME of whoever runs the tests. */
  function start(path: string, env: Record<string, string> = {}) {
    const { status, stderr, stdout } = spawnSync(process.execPath, [launch, 'start'], {
      env: { PATH: path, HOME: folder(), TIDEMARK_CACHE: folder(), TIDEMARK_DIR: folder(), ...env },
      encoding: 'utf8',
    });
    return { status, lines: stderr.trim().split('\n'), stdout };
  }

  test('is told so in one coded line each, with the command that installs it, before anything is fetched', () => {
    const { status, lines, stdout } = start(pathWith({ dnf: 'exit 1', sudo: 'exit 1' }));
    assert.equal(status, 78);
    assert.equal(stdout, '');
    assert.equal(lines.length, 2);
    assert.match(lines[0]!, /^JAVA_MISSING: .* Install it: (sudo )?dnf install -y java-21-openjdk-headless$/);
    assert.match(lines[1]!, /^MAVEN_MISSING: .* Install it: (sudo )?dnf install -y maven$/);
  });

  const managers: [string, RegExp][] = [
    ['apt-get', /apt-get install -y openjdk-\d+-jre-headless$/],
    ['pacman', /pacman -S --noconfirm jre21-openjdk-headless$/],
    ['apk', /apk add openjdk17-jre-headless$/],
    ['brew', /Install it: brew install openjdk@21 && export JAVA_HOME=/],
  ];
  for (const [manager, hint] of managers) {
    test(`is told the command of ${manager} where that is what it has`, () => {
      assert.match(start(pathWith({ [manager]: 'exit 1' })).lines[0]!, hint);
    });
  }

  test('is told that its Java is too old, and which it is', () => {
    const { status, lines } = start(pathWith({ java: java('11.0.2'), mvn: 'exit 1' }));
    assert.equal(status, 78);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /^JAVA_TOO_OLD: .* is 11\. /);
    assert.match(start(pathWith({ java: java('1.8.0_292'), mvn: 'exit 1' })).lines[0]!, /^JAVA_TOO_OLD: .* is 8\. /);
  });

  test('is told of a Java that only says where to get one', () => {
    const { lines } = start(pathWith({ java: 'echo "Unable to locate a Java Runtime." >&2; exit 1', mvn: 'exit 1' }));
    assert.match(lines[0]!, /^JAVA_MISSING: /);
  });

  test('needs neither Java nor Maven for servers that run elsewhere', () => {
    const elsewhere = {
      KAFKA_BROKERS: '127.0.0.1:1',
      DATABASE_URL: 'postgres://127.0.0.1:1/x',
      REDIS_URL: 'redis://127.0.0.1:1',
      // Refused by the command itself, so past the prerequisites.
      API_PORT: 'none',
    };
    const { lines } = start(pathWith({}), elsewhere);
    assert.match(lines.at(-1)!, /^OPTION_INVALID: API_PORT=none/);
  });

  test('shows the help all the same', () => {
    const { status, stdout } = spawnSync(process.execPath, [launch, 'start', '--help'], {
      env: { PATH: pathWith({}), HOME: folder(), TIDEMARK_CACHE: folder() },
      encoding: 'utf8',
    });
    assert.equal(status, 0);
    assert.match(stdout, /--source <source>/);
  });
});

test('an unknown command is refused with those known', () => {
  const { status, stderr } = spawnSync(process.execPath, [launch, 'strat'], { encoding: 'utf8' });
  assert.equal(status, 78);
  assert.match(stderr, /^OPTION_INVALID: unknown command strat; known are start, test, /);
});
