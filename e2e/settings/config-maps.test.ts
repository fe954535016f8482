import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadSettings } from '@tidemark/runtime';
import { configMapFiles } from './config-maps.ts';
import { schemas } from './schemas.ts';

const folder = join(import.meta.dirname, '..', '..', 'k8s', 'base', 'settings');
const files = configMapFiles();
const valuesOf = (text: string) =>
  Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]));

describe('k8s/base/settings', () => {
  test('is what the schemas of the services say now; `npm run settings` brings it there', () => {
    assert.deepEqual(
      readdirSync(folder).toSorted(),
      Object.keys(files)
        .map((name) => `${name}.env`)
        .toSorted(),
    );
    for (const [name, text] of Object.entries(files))
      assert.equal(readFileSync(join(folder, `${name}.env`), 'utf8'), text, name);
  });

  test('is taken by every service as it stands, and holds no secret', () => {
    for (const [service, schema] of Object.entries(schemas)) {
      const environment = { ...valuesOf(files['shared']!), ...valuesOf(files[service]!) };
      loadSettings(schema, environment);
      for (const name of ['DATABASE_URL', 'REDIS_URL', 'KAFKA_PASSWORD']) assert.ok(!(name in environment), name);
    }
  });
});
