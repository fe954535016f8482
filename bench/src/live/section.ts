import { type Column, formatMarkdownTable, type Recorded } from '@tidemark/testing';
import type { Section } from '../measure.ts';
import { round, type Summary } from '../percentiles.ts';
import { cpuChart, latencyChart } from './charts.ts';
import type { LiveData } from './measure.ts';

type Result = Recorded<LiveData>;

const mebibyte = 1_048_576;

/** The newest run in full, and a line of each. */
export function liveSection(results: readonly Result[]): Section {
  const newest = results.at(-1)!;
  const markdown = [
    runText(newest),
    latencyTable(newest.data),
    ratioText(newest.data),
    `![Latency over the run](charts/live-latency.svg)`,
    processTable(newest.data),
    machineText(newest),
    `![Processor time over the run](charts/live-cpu.svg)`,
    '### All runs',
    historyTable(results),
  ];
  return {
    markdown: markdown.join('\n\n'),
    charts: [
      { name: 'live-latency', svg: latencyChart(newest.data) },
      { name: 'live-cpu', svg: cpuChart(newest.data) },
    ],
  };
}

function runText({ recordedAt, commit, seed, machine, data, command }: Result): string {
  const { options, seconds, exactness } = data;
  return [
    `Newest run: ${minuteOf(recordedAt)} UTC, commit ${commit ?? 'unknown'}, seed ${seed}, \`${command}\`.`,
    `${machine.cores} cores of ${machine.cpu}, ${round(machine.memoryBytes / 2 ** 30, 0)} GiB, ${machine.platform},`,
    `Node ${machine.node}, Kafka ${machine.kafka}. ${seconds} s measured: ${data.recordsPerSecond} records/s of`,
    `${options.tokens} tokens in ${options.partitions} partitions; one subscriber of everything got ${data.updatesPerSecond} updates/s,`,
    `${round(data.bytesPerSecond / mebibyte, 2)} MiB/s. Afterwards all figures of all ${exactness.tokens} tokens were equal to the oracle's:`,
    `${exactness.records} records, ${exactness.counted} counted.`,
  ].join('\n');
}

interface LatencyRow extends Summary {
  name: string;
}

function latencyTable({ latencyMs: { markers, everySwap, hops } }: LiveData): string {
  const rows: LatencyRow[] = [
    { name: 'produce to WebSocket (markers)', ...markers },
    { name: 'append to WebSocket (every swap)', ...everySwap },
    { name: 'two bare hops, nothing in between', ...hops },
  ];
  return formatMarkdownTable(rows, [
    { title: 'latency, ms', value: ({ name }) => name },
    ...(['p50', 'p90', 'p99', 'max'] as const).map(
      (key): Column<LatencyRow> => ({ title: key, align: 'right', value: (row) => row[key].toFixed(1) }),
    ),
    { title: 'measured', align: 'right', value: ({ count }) => String(count) },
  ]);
}

function ratioText({ latencyMs: { markers, hops } }: LiveData): string {
  const [p50, p99] = ratios({ markers, hops });
  return `Against the two bare hops of the same run: ${p50} times at the median, ${p99} times at the 99th percentile.`;
}

function ratios({ markers, hops }: Pick<LiveData['latencyMs'], 'markers' | 'hops'>): [p50: string, p99: string] {
  return [(markers.p50 / hops.p50).toFixed(2), (markers.p99 / hops.p99).toFixed(2)];
}

function processTable({ processes }: LiveData): string {
  type Row = LiveData['processes'][number];
  return formatMarkdownTable<Row>(processes, [
    { title: 'process', value: ({ name }) => name },
    { title: 'CPU, % of a core', align: 'right', value: ({ cpuPercent }) => cpuPercent.toFixed(1) },
    { title: 'memory, MiB (median)', align: 'right', value: ({ rssMedianBytes }) => mib(rssMedianBytes) },
    { title: 'memory, MiB (peak)', align: 'right', value: ({ rssPeakBytes }) => mib(rssPeakBytes) },
    {
      title: 'longest stall, ms',
      align: 'right',
      value: ({ longestStallMs }) => (longestStallMs === null ? '' : longestStallMs.toFixed(0)),
    },
  ]);
}

function mib(bytes: number): string {
  return String(Math.round(bytes / mebibyte));
}

function machineText({ machine, data }: Result): string {
  const own = data.processes.reduce((sum, { cpuPercent }) => sum + cpuPercent, 0);
  return `The whole machine was busy ${data.machineBusyPercent} % of a core (of ${machine.cores * 100}), ${round(Math.max(0, data.machineBusyPercent - own), 0)} % of that with other work.`;
}

function historyTable(results: readonly Result[]): string {
  const aggregator = ({ data }: Result) => data.processes.find(({ name }) => name === 'aggregator')!;
  return formatMarkdownTable(results.toReversed(), [
    { title: 'run', value: ({ recordedAt }) => minuteOf(recordedAt) },
    { title: 'commit', value: ({ commit }) => commit ?? '' },
    { title: 'records/s', align: 'right', value: ({ data }) => String(data.recordsPerSecond) },
    { title: 'seconds', align: 'right', value: ({ data }) => String(data.seconds) },
    { title: 'p50, ms', align: 'right', value: ({ data }) => data.latencyMs.markers.p50.toFixed(1) },
    { title: 'p99, ms', align: 'right', value: ({ data }) => data.latencyMs.markers.p99.toFixed(1) },
    {
      title: 'of bare hops: p50, p99',
      align: 'right',
      value: ({ data }) =>
        ratios(data.latencyMs)
          .map((ratio) => `${ratio}x`)
          .join(', '),
    },
    {
      title: 'aggregator CPU, %',
      align: 'right',
      value: (result) => aggregator(result).cpuPercent.toFixed(1),
    },
    {
      title: 'aggregator memory, MiB',
      align: 'right',
      value: (result) => mib(aggregator(result).rssMedianBytes),
    },
  ]);
}

function minuteOf(recordedAt: string): string {
  return recordedAt.slice(0, 16).replace('T', ' ');
}
