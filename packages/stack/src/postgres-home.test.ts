import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { reachableBy } from './postgres-home.ts';

describe('whether another user can enter a folder', () => {
  const stranger = { uid: 54_321, gid: 54_321 };
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-home-'));
  const inner = join(dir, 'inner');
  mkdirSync(inner);
  after(() => rmSync(dir, { recursive: true }));

  test('depends on each folder above it', () => {
    chmodSync(dir, 0o700);
    assert.equal(reachableBy(inner, stranger), false);
    chmodSync(dir, 0o711);
    assert.equal(reachableBy(inner, stranger), true);
  });

  test('is judged by what exists when the folder does not yet', () => {
    chmodSync(dir, 0o700);
    assert.equal(reachableBy(join(inner, 'later', 'still later'), stranger), false);
  });

  test('is no question when Postgres runs as the present user', () => {
    assert.equal(reachableBy('/root', undefined), true);
  });
});
