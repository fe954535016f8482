import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const repository = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(repository, file), 'utf8');

/** Variables with their defaults, as `${NAME:-default}` in the compose file; null for a variable without one. */
function taken(compose: string): [string, string | null][] {
  return [...compose.matchAll(/(?<!\$)\$\{(\w+)(?::-([^}]*))?\}/g)].map(([, name, value]) => [name!, value ?? null]);
}

/** Variables with their values, as `#NAME=value` in the example. */
function documented(example: string): [string, string][] {
  return [...example.matchAll(/^#(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]);
}

const sorted = (entries: [string, string | null][]) => [...new Map(entries)].toSorted(([a], [b]) => (a < b ? -1 : 1));
const compose = read('docker-compose.yml');
const example = read('.env.example');

test('every variable of docker-compose.yml has a default, the same wherever it is used', () => {
  const defaults = new Map<string, string>();
  for (const [name, value] of taken(compose)) {
    assert.notEqual(value, null, `${name} has no default`);
    assert.equal(defaults.get(name) ?? value, value, `${name} has two defaults`);
    defaults.set(name, value!);
  }
  assert.ok(defaults.size > 0);
});

test('.env.example documents every variable of docker-compose.yml with its default, and no other', () => {
  assert.deepEqual(sorted(documented(example)), sorted(taken(compose)));
});

test('.env.example sets nothing by itself: a copy of it is the same as none', () => {
  const set = example.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.deepEqual(set, []);
});

test('docker-compose.yml holds no password', () => {
  for (const [name, value] of taken(compose)) if (/PASSWORD|SECRET|TOKEN$/.test(name)) assert.equal(value, '', name);
  // A URL with a password in it, other than one that is put together from a variable.
  assert.doesNotMatch(compose, /\w+:\/\/\w+:[^@'\s]+@/);
});

test('every process has longer to stop than it takes for it', () => {
  const graceS = Number(/^x-process:[^]*?stop_grace_period: (\d+)s$/m.exec(compose)?.[1]);
  const stopS = Number(/^#STOP_TIMEOUT=(\d+)s$/m.exec(example)?.[1]);
  assert.ok(graceS > stopS, `${graceS} s and ${stopS} s`);
});
