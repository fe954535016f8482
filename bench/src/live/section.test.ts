import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Recorded } from '@tidemark/testing';
import type { LiveData } from './measure.ts';
import { liveSection } from './section.ts';

const summary = (p50: number) => ({ count: 1_200, p50, p90: p50 * 2, p99: p50 * 3, max: p50 * 10 });
const slices = (p50: number) => [0, 60].map((startSeconds) => ({ startSeconds, ...summary(p50) }));

function process(name: string, kind: 'service' | 'server', cpuPercent: number, longestStallMs: number | null) {
  const rssMedianBytes = 100 * 1_048_576;
  return {
    name,
    kind,
    cpuPercent,
    rssMedianBytes,
    rssPeakBytes: 110 * 1_048_576,
    longestStallMs,
    slices: [0, 60].map((startSeconds) => ({ startSeconds, cpuPercent, rssMedianBytes })),
  };
}

function result(recordedAt: string, markerMs: number): Recorded<LiveData> {
  return {
    measure: 'live',
    recordedAt,
    command: 'npm run bench -- live',
    commit: 'abc',
    seed: 7,
    machine: { cpu: 'Z80', cores: 2, memoryBytes: 2 ** 34, platform: 'linux x64', node: '24.0.0', kafka: '4.1.0' },
    data: {
      options: { minutes: 2, rate: 1_000, tokens: 2_000, hopsSeconds: 60, partitions: 12, markersPerSecond: 20 },
      seconds: 120,
      sliceSeconds: 60,
      recordsPerSecond: 1_020,
      updatesPerSecond: 990.5,
      bytesPerSecond: 1_048_576,
      latencyMs: {
        markers: summary(markerMs),
        markerSlices: slices(markerMs),
        everySwap: summary(6),
        everySwapSlices: slices(6),
        hops: summary(2),
      },
      processes: [process('aggregator', 'service', 12.5, 31), process('kafka', 'server', 30, null)],
      machineBusyPercent: 60,
      exactness: { records: 122_400, counted: 120_000, tokens: 2_060 },
    },
  };
}

describe('the section of live', () => {
  const { markdown, charts } = liveSection([
    result('2026-01-01T10:00:00.000Z', 9),
    result('2026-01-02T10:00:00.000Z', 5),
  ]);

  test('shows the newest run, and its ratio to the bare hops', () => {
    assert.match(markdown, /Newest run: 2026-01-02 10:00 UTC, commit abc, seed 7/);
    assert.match(markdown, /\| produce to WebSocket \(markers\) \| 5\.0 \| 10\.0 \| 15\.0 \| 50\.0 \| 1200 \|/);
    assert.match(markdown, /2\.50 times at the median, 2\.50 times at the 99th percentile/);
    assert.match(markdown, /\| aggregator \| 12\.5 \| 100 \| 110 \| 31 \|/);
    assert.match(markdown, /\| kafka \| 30\.0 \| 100 \| 110 \| {2}\|/);
    assert.match(markdown, /busy 60 % of a core \(of 200\), 18 % of that with other work/);
  });

  test('keeps a line of every run, the newest first', () => {
    const runs = [...markdown.matchAll(/^\| (2026\S+) .*\| ([\d.]+)x, [\d.]+x \|/gm)].map(([, day, ratio]) => [
      day,
      ratio,
    ]);
    assert.deepEqual(runs, [
      ['2026-01-02', '2.50'],
      ['2026-01-01', '4.50'],
    ]);
  });

  test('draws the latencies and the processor time', () => {
    assert.deepEqual(
      charts.map(({ name }) => name),
      ['live-latency', 'live-cpu'],
    );
    for (const { name, svg } of charts) assert.ok(markdown.includes(`charts/${name}.svg`) && svg.startsWith('<svg '));
  });
});
