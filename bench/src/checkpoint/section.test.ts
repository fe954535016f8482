import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkpointSection } from './section.ts';

test('the section of checkpoint shows shares of the whole state, and the stalls, of the newest run', () => {
  const { markdown } = checkpointSection([
    {
      measure: 'checkpoint',
      recordedAt: '2026-01-02T10:00:00.000Z',
      command: 'npm run bench -- checkpoint',
      commit: 'abc',
      seed: 7,
      machine: { cpu: 'Z80', cores: 2, memoryBytes: 2 ** 34, platform: 'linux x64', node: '24.0.0', kafka: '4.1.0' },
      data: {
        sizes: [
          {
            tokens: 100_000,
            changes: 100,
            fullBytes: 10_240_000,
            deltaBytes: 10_240,
            baseBytes: 20_480,
            checkpoints: 1_800,
          },
        ],
        stalls: [
          {
            name: 'busy',
            baseBytes: 2 ** 21,
            largestShardMs: 90.5,
            plain: { elapsedMs: 9, processorMs: 8.5 },
            rewriting: { elapsedMs: 21.3, processorMs: 20 },
            checkpoints: 4,
          },
        ],
      },
    },
  ]);
  assert.match(markdown, /Newest run: 2026-01-02 10:00 UTC, commit abc, seed 7/);
  assert.match(markdown, /\| 100000 \| 100 \| 10000\.0 \| 10\.0 \| 0\.100 % \| 20\.0 \| 0\.300 % \| 1800 \|/);
  assert.match(markdown, /\| busy \| 2\.0 \| 90\.5 \| 9\.0 \| 8\.5 \| 21\.3 \| 20\.0 \| 4 \|/);
});
