import assert from 'node:assert/strict';
import { test } from 'node:test';
import { movesSection } from './section.ts';

test('the section of moves shows the longest standstill of each rebalance of every run', () => {
  const { markdown } = movesSection([
    {
      measure: 'moves',
      recordedAt: '2026-01-02T10:00:00.000Z',
      command: 'npm run bench -- moves',
      commit: 'abc',
      seed: 7,
      machine: { cpu: 'Z80', cores: 2, memoryBytes: 2 ** 34, platform: 'linux x64', node: '24.0.0', kafka: '4.1.0' },
      data: {
        options: { rate: 1_000, tokens: 2_000, preload: 600_000, rounds: 1, settleSeconds: 10, partitions: 12 },
        preloaded: 600_123,
        moves: [
          {
            cause: 'joins',
            moved: { partitions: 6, longestRestoreMs: 250, longestMs: 900 },
            kept: { partitions: 6, longestRestoreMs: 12, longestMs: 300 },
            usualMs: 60,
          },
          {
            cause: 'leaves',
            moved: { partitions: 12, longestRestoreMs: 251, longestMs: 901 },
            kept: { partitions: 0, longestRestoreMs: 0, longestMs: 0 },
            usualMs: 61,
          },
        ],
        machineBusyPercent: 112.5,
        exactness: { records: 700_000, counted: 690_000, tokens: 2_000 },
      },
    },
  ]);
  assert.match(markdown, /Run of 2026-01-02 10:00 UTC, commit abc, seed 7/);
  assert.match(markdown, /busy 112\.5 % of a core \(of 200\)/);
  assert.match(markdown, /A state of 600123 records, 1000 swaps\/s/);
  assert.match(markdown, /\| 2026-01-02 10:00 \| 600123 \| joins \| 6 \| 250 \| 900 \| 6 \| 12 \| 300 \| 60 \|/);
  assert.match(markdown, /\| leaves \| 12 \| 251 \| 901 \| 0 \|  \|  \| 61 \|/);
});
