import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type Recorded, readResults, recordResult } from './results.ts';

function run(measure: string, recordedAt: string, data: unknown): Recorded<unknown> {
  const machine = { cpu: 'Z80', cores: 2, memoryBytes: 1, platform: 'linux x64', node: '24.0.0', kafka: '4.1.0' };
  return { measure, recordedAt, command: 'npm run bench', commit: null, seed: 1, machine, data };
}

describe('recorded results', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-results-'));
  after(() => rmSync(dir, { recursive: true }));

  test('are none before the first run', () => {
    assert.deepEqual(readResults('live', join(dir, 'missing')), []);
  });

  test('are read as they were written, those of one measure, oldest first', () => {
    const later = run('live', '2026-11-21T10:40:12.000Z', { p50: 2 });
    const earlier = run('live', '2026-11-20T10:40:12.000Z', { p50: 1 });
    assert.equal(basename(recordResult(later, dir)), 'live-2026-11-21T1040.json');
    recordResult(earlier, dir);
    recordResult(run('other', '2026-11-20T10:40:12.000Z', {}), dir);
    assert.deepEqual(readResults('live', dir), [earlier, later]);
  });

  test('are never written over', () => {
    assert.throws(() => recordResult(run('live', '2026-11-21T10:40:59.000Z', {}), dir), { code: 'EEXIST' });
  });
});
