import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { settingsPage } from './reference.ts';
import { services } from './schemas.ts';

const page = settingsPage();

describe('docs/settings.md', () => {
  test('is what the schemas of the services say now; `npm run settings` brings it there', () => {
    assert.equal(readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'settings.md'), 'utf8'), page);
  });

  test('has every setting of every service, with its meaning', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \| (.+?) \| (.*) \|$/gm)];
    for (const [service, shape] of Object.entries(services)) {
      for (const name of Object.keys(shape)) {
        // A setting that is special to several services, such as CLOCK, stands with each.
        assert.ok(
          rows.some(([, setting]) => setting === name),
          `${name} of ${service}`,
        );
      }
    }
    for (const [, name, , meaning] of rows) assert.notEqual(meaning, '', `${name} has no meaning`);
  });

  test('marks the secrets', () => {
    for (const name of ['DATABASE_URL', 'REDIS_URL', 'KAFKA_PASSWORD'])
      assert.match(page, new RegExp(`^\\| \`${name}\` .*\\*\\*Secret`, 'm'));
    assert.doesNotMatch(page, /^\| `KAFKA_BROKERS` .*Secret/m);
  });
});
