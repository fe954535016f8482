import { type Line, lineChart } from '../report/line-chart.ts';
import type { LiveData } from './measure.ts';

/** Percentiles over the run, beside those of the bare hops. */
export function latencyChart({
  latencyMs: { markerSlices, everySwapSlices, hops },
  sliceSeconds,
  seconds,
}: LiveData): string {
  // A part of the run stands at its middle.
  const minute = (startSeconds: number) => (startSeconds + sliceSeconds / 2) / 60;
  const line = (name: string, slices: typeof markerSlices, key: 'p50' | 'p99' | 'max'): Line => ({
    name,
    points: slices.map((slice) => [minute(slice.startSeconds), Math.max(1, slice[key])]),
  });
  const level = (name: string, ms: number): Line => ({
    name,
    faint: true,
    points: [
      [0, ms],
      [seconds / 60, ms],
    ],
  });
  return lineChart({
    title: 'Produce to WebSocket, over the run',
    xTitle: 'minutes',
    yTitle: 'ms',
    logarithmic: true,
    xMax: seconds / 60,
    lines: [
      line('p99, markers', markerSlices, 'p99'),
      line('p50, markers', markerSlices, 'p50'),
      line('p99, every swap', everySwapSlices, 'p99'),
      line('p50, every swap', everySwapSlices, 'p50'),
      level('p99, bare hops', hops.p99),
      level('p50, bare hops', hops.p50),
    ],
  });
}

/** Processor time of each process; those that are not Tidemark's are faint. */
export function cpuChart({ processes, sliceSeconds, seconds }: LiveData): string {
  return lineChart({
    title: 'Processor time, over the run',
    xTitle: 'minutes',
    yTitle: '% of a core',
    xMax: seconds / 60,
    lines: processes.map(({ name, kind, slices }) => ({
      name,
      faint: kind !== 'service',
      points: slices.map(
        ({ startSeconds, cpuPercent }) => [(startSeconds + sliceSeconds / 2) / 60, cpuPercent] as const,
      ),
    })),
  });
}
