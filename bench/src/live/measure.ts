import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProducer } from '@tidemark/kafka';
import { assertExact, type Exactness, judgedLog, untilCounted } from '../exactness.ts';
import { measureHops } from '../hops/hops.ts';
import { type Interval, Latencies, type Slice } from '../latencies.ts';
import { Markers, preciseNowMs } from '../markers.ts';
import type { Measure, RunContext } from '../measure.ts';
import { round, type Summary } from '../percentiles.ts';
import { MachineLoad } from '../system/machine-load.ts';
import { type ProcessUsage, UsageSampler, type WatchedProcess } from '../system/sampler.ts';
import { StallWatch } from '../system/stalls.ts';
import { type System, startSystem } from '../system/system.ts';
import { Arrivals } from './arrivals.ts';
import { type LiveOptions, liveOptions } from './options.ts';
import { liveSection } from './section.ts';
import { Subscriber } from './subscriber.ts';

const partitions = 12;
const markersPerSecond = 20;
/** After the start the services compile their hot paths, which is no part of a steady load. */
const warmUpMs = 15_000;
const hopsWarmUpMs = 10_000;

export interface LiveData {
  options: LiveOptions & { partitions: number; markersPerSecond: number };
  seconds: number;
  sliceSeconds: number;
  /** Appended to `swaps` each second of the interval. */
  recordsPerSecond: number;
  /** What one subscriber of everything was sent each second. */
  updatesPerSecond: number;
  bytesPerSecond: number;
  latencyMs: {
    /** From handing a marker to the producer to its update. */
    markers: Summary;
    markerSlices: Slice[];
    /** From the append of a swap to its update, of every swap that changed a figure. */
    everySwap: Summary;
    everySwapSlices: Slice[];
    /** Two hops with nothing in between, under the same load. */
    hops: Summary;
  };
  processes: (ProcessUsage & { longestStallMs: number | null })[];
  /** Of one core, by everything that ran on the machine. */
  machineBusyPercent: number;
  exactness: Exactness;
}

export const live: Measure<LiveOptions, LiveData> = {
  name: 'live',
  description: 'the whole system under a steady load: latency to the stream, processor time and memory of each process',
  configure: liveOptions,
  run,
  section: liveSection,
};

async function run(context: RunContext, options: LiveOptions): Promise<LiveData> {
  const { seed, say } = context;
  const system = await startSystem({ partitions, ...context });
  try {
    const simulator = {
      SOURCE: 'simulate',
      RATE: String(options.rate),
      TOKENS: String(options.tokens),
      SEED: String(seed),
    };
    const { latencyMs, ...measured } = await underLoad(system, simulator, context, options);
    for (const service of system.services.toReversed()) await system.stop(service);
    say(`two bare hops for ${options.hopsSeconds} s`);
    const hops = await measureHops(system, {
      simulator,
      markersPerSecond,
      seed,
      warmUpMs: hopsWarmUpMs,
      measuredMs: options.hopsSeconds * 1_000,
    });
    return { options: { ...options, partitions, markersPerSecond }, ...measured, latencyMs: { ...latencyMs, hops } };
  } catch (error) {
    // What was interrupted rejects with an AbortError; why it was is the signal's reason.
    throw system.signal.aborted ? system.signal.reason : error;
  } finally {
    await system.dispose();
  }
}

/** Runs every service under the load of the simulator, and measures once they are warm. */
async function underLoad(
  system: System,
  simulator: Record<string, string>,
  { seed, say }: RunContext,
  { minutes }: LiveOptions,
) {
  const { signal } = system;
  const gatewayPort = await system.freePort();
  await system.start('aggregator');
  await system.start('api', { API_PORT: String(await system.freePort()) });
  await system.start('gateway', { GATEWAY_PORT: String(gatewayPort) });

  const producer = createProducer(system.client);
  await producer.connect();
  const idPrefix = `bench-${randomBytes(4).toString('hex')}`;
  const markers = new Markers({ producer, partitions, rate: markersPerSecond, seed, run: idPrefix });
  const arrivals = new Arrivals();
  const subscriber = await subscribe(gatewayPort, markers, arrivals);
  const load = await system.start('producer', simulator);
  const stopping = new AbortController();
  const sending = markers.send(AbortSignal.any([signal, stopping.signal]));
  // Awaited below, unless something else fails before.
  sending.catch(() => undefined);

  say(`warms up for ${warmUpMs / 1_000} s`);
  await sleep(warmUpMs, undefined, { signal });
  say(`measures for ${minutes} min`);
  const sliceMs = sliceMsOf(minutes);
  const { interval, ...observed } = await observe(system, subscriber, minutes * 60_000, sliceMs);

  stopping.abort();
  await sending;
  await system.stop(load);
  await subscriber.untilMarked(await untilCounted(system), signal);
  await markers.allArrived(signal);
  subscriber.close();
  await producer.close();

  say('compares every figure with the oracle');
  const { everySwap, exactness } = await judge(system, arrivals);
  return {
    seconds: Math.round((interval.endMs - interval.startMs) / 1_000),
    sliceSeconds: sliceMs / 1_000,
    ...observed,
    latencyMs: {
      markers: markers.latencies.summary(interval),
      markerSlices: markers.latencies.slices(interval, sliceMs),
      everySwap: everySwap.summary(interval),
      everySwapSlices: everySwap.slices(interval, sliceMs),
    },
    exactness,
  };
}

/** Minutes, or tens of seconds in a run of few of them. */
function sliceMsOf(minutes: number): number {
  return minutes >= 5 ? 60_000 : 10_000;
}

async function subscribe(gatewayPort: number, markers: Markers, arrivals: Arrivals): Promise<Subscriber> {
  return Subscriber.open(`ws://127.0.0.1:${gatewayPort}/v1/stream`, ({ token, version, windows }) => {
    arrivals.note(token, version[1], Date.now());
    if (Markers.owns(token)) markers.arrived(token, windows['24h']!.trades, preciseNowMs());
  });
}

/** What the processes use, and how much goes through them, over the time given. */
async function observe(system: System, subscriber: Subscriber, durationMs: number, sliceMs: number) {
  const { client, services, stack, signal } = system;
  const watched: WatchedProcess[] = [
    ...services.map(({ name, pid }) => ({ name, pid, kind: 'service' as const })),
    ...stack.servers.map(({ name, pid }) => ({ name, pid: pid!, kind: 'server' as const })),
    { name: 'bench', pid: process.pid, kind: 'bench' },
  ];
  const end = async () => (await client.offsets('swaps')).reduce((sum, { high }) => sum + high, 0);
  const before = { records: await end(), updates: subscriber.updates, bytes: subscriber.bytes };
  const machine = new MachineLoad();
  const stallWatch = new StallWatch(services);
  const sampler = new UsageSampler(watched);
  const startMs = Date.now();
  try {
    await sleep(durationMs, undefined, { signal });
  } catch (error) {
    await Promise.allSettled([sampler.stop(), stallWatch.stop()]);
    throw error;
  }
  const interval: Interval = { startMs, endMs: Date.now() };
  const perSecond = (count: number) => round((count * 1_000) / (interval.endMs - startMs), 1);
  const machineBusyPercent = machine.busyPercent();
  const observed = {
    interval,
    updatesPerSecond: perSecond(subscriber.updates - before.updates),
    bytesPerSecond: perSecond(subscriber.bytes - before.bytes),
    recordsPerSecond: perSecond((await end()) - before.records),
    machineBusyPercent,
  };
  await sampler.stop();
  const stalls = await stallWatch.stop();
  const processes = sampler
    .usage(interval, sliceMs)
    .map((usage) => ({ ...usage, longestStallMs: stalls.get(usage.name) ?? null }));
  return { ...observed, processes };
}

/** Compares every figure, and on the way learns when each swap was due. */
async function judge(system: System, arrivals: Arrivals) {
  const everySwap = new Latencies();
  const exactness: Exactness = { records: 0, counted: 0, tokens: 0 };
  for await (const judged of judgedLog(system)) {
    const compared = await assertExact(judged, system);
    exactness.records += compared.records;
    exactness.counted += compared.counted;
    exactness.tokens += compared.tokens;
    arrivals.addLatencies(judged, everySwap);
  }
  return { everySwap, exactness };
}
