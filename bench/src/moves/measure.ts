import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess } from '@tidemark/testing';
import { assertExact, type Exactness, judgedLog, untilCounted } from '../exactness.ts';
import { Latencies } from '../latencies.ts';
import { Arrivals } from '../live/arrivals.ts';
import { Subscriber } from '../live/subscriber.ts';
import type { Measure, RunContext } from '../measure.ts';
import { MachineLoad } from '../system/machine-load.ts';
import { type System, startSystem } from '../system/system.ts';
import { type Assigned, assignedSince } from './assigned.ts';
import { type MovesOptions, movesOptions } from './options.ts';
import { movesSection } from './section.ts';

/** One rebalance, and for how long the partitions stood still by it. */
export interface Move {
  cause: 'joins' | 'leaves';
  moved: Standstill;
  kept: Standstill;
  /** The longest of any swap in as long a time before: what is usual. */
  usualMs: number;
}

/** Of partitions that were treated alike. */
export interface Standstill {
  partitions: number;
  /** The longest that their new owner took to have the state, in ms. */
  longestRestoreMs: number;
  /** The longest from the append of a swap of theirs to the update that holds it, in ms. */
  longestMs: number;
}

export interface MovesData {
  options: MovesOptions & { partitions: number };
  /** Records in the log when the first aggregator joined the one that counted them. */
  preloaded: number;
  moves: Move[];
  /** Of one core, by everything that ran on the machine, in the rounds. */
  machineBusyPercent: number;
  exactness: Exactness;
}

const partitions = 12;
/** How fast the state is made that has to be restored. */
const preloadRate = 15_000;
const warmUpMs = 5_000;
const pollMs = 100;

export const moves: Measure<MovesOptions, MovesData> = {
  name: 'moves',
  description: 'for how long a partition stands still when an aggregator joins or leaves under load',
  configure: movesOptions,
  run,
  section: movesSection,
};

async function run(context: RunContext, options: MovesOptions): Promise<MovesData> {
  const system = await startSystem({ partitions, ...context });
  try {
    const { arrivals, rebalances, ...measured } = await underLoad(system, options, context);
    context.say('compares every figure with the oracle');
    const { latencies, exactness } = await judge(system, arrivals);
    const standing = rebalances.map((rebalance) => standstills(rebalance, latencies));
    return { options: { ...options, partitions }, ...measured, moves: standing, exactness };
  } catch (error) {
    // What was interrupted rejects with an AbortError; why it was is the signal's reason.
    throw system.signal.aborted ? system.signal.reason : error;
  } finally {
    await system.dispose();
  }
}

interface Rebalance {
  cause: Move['cause'];
  startMs: number;
  endMs: number;
  assigned: Assigned[];
}

async function underLoad(
  system: System,
  { rate, tokens, preload, rounds, settleSeconds }: MovesOptions,
  { seed, say }: RunContext,
) {
  const { signal } = system;
  const settleMs = settleSeconds * 1_000;
  const simulator = { SOURCE: 'simulate', TOKENS: String(tokens), SEED: String(seed) };
  const first = await system.start('aggregator');
  say(`makes a state of ${preload} records`);
  const loader = await system.start('producer', { ...simulator, RATE: String(preloadRate) });
  while ((await recordsOf(system)) < preload) await sleep(pollMs, undefined, { signal });
  await system.stop(loader);
  await untilCounted(system);
  const preloaded = await recordsOf(system);

  const gatewayPort = await system.freePort();
  await system.start('gateway', { GATEWAY_PORT: String(gatewayPort) });
  const arrivals = new Arrivals();
  const subscriber = await Subscriber.open(`ws://127.0.0.1:${gatewayPort}/v1/stream`, ({ token, version }) =>
    arrivals.note(token, version[1], Date.now()),
  );
  const load = await system.start('producer', { ...simulator, RATE: String(rate) });
  await sleep(warmUpMs, undefined, { signal });
  const rebalances: Rebalance[] = [];
  const machine = new MachineLoad();
  for (let round = 1; round <= rounds; round++) {
    say(`round ${round} of ${rounds}: a second aggregator joins, and leaves`);
    await sleep(settleMs, undefined, { signal });
    const joinedMs = Date.now();
    const second = await system.start('aggregator');
    await sleep(settleMs, undefined, { signal });
    const leftMs = Date.now();
    const joined = assignedIn([first, second], joinedMs);
    await system.stop(second);
    await sleep(settleMs, undefined, { signal });
    rebalances.push(
      { cause: 'joins', startMs: joinedMs, endMs: leftMs, assigned: joined },
      { cause: 'leaves', startMs: leftMs, endMs: Date.now(), assigned: assignedIn([first], leftMs) },
    );
  }
  const machineBusyPercent = machine.busyPercent();
  await system.stop(load);
  await subscriber.untilMarked(await untilCounted(system), signal);
  subscriber.close();
  return { arrivals, preloaded, rebalances, machineBusyPercent };
}

async function recordsOf({ client }: System): Promise<number> {
  return (await client.offsets('swaps')).reduce((sum, { high }) => sum + high, 0);
}

function assignedIn(aggregators: readonly ServiceProcess[], sinceMs: number): Assigned[] {
  return aggregators.flatMap(({ logs }) => assignedSince(logs, sinceMs));
}

/** Compares every figure, and on the way learns how long each swap took, by partitions. */
async function judge(system: System, arrivals: Arrivals): Promise<{ latencies: Latencies[]; exactness: Exactness }> {
  const latencies: Latencies[] = [];
  const exactness: Exactness = { records: 0, counted: 0, tokens: 0 };
  for await (const judged of judgedLog(system)) {
    const compared = await assertExact(judged, system);
    exactness.records += compared.records;
    exactness.counted += compared.counted;
    exactness.tokens += compared.tokens;
    const ofPartition = new Latencies();
    arrivals.addLatencies(judged, ofPartition);
    latencies.push(ofPartition);
  }
  return { latencies, exactness };
}

/** @throws Error when a partition was assigned to nobody, or twice: the run says nothing then. */
function standstills({ cause, startMs, endMs, assigned }: Rebalance, latencies: readonly Latencies[]): Move {
  const interval = { startMs, endMs };
  const before = { startMs: startMs - (endMs - startMs), endMs: startMs };
  const known = assigned.map(({ partition }) => partition).toSorted((a, b) => a - b);
  if (known.join() !== [...latencies.keys()].join())
    throw new Error(
      `within --settle-seconds these partitions had an owner again, of ${latencies.length}: ${known.join()}`,
    );
  const standstill = (how: Assigned['how']): Standstill => {
    const those = assigned.filter((one) => one.how === how);
    return {
      partitions: those.length,
      longestRestoreMs: Math.max(0, ...those.map(({ tookMs }) => tookMs)),
      longestMs: Math.max(0, ...those.map(({ partition }) => latencies[partition]!.summary(interval).max)),
    };
  };
  return {
    cause,
    moved: standstill('restored'),
    kept: standstill('kept'),
    usualMs: Math.max(...latencies.map((ofPartition) => ofPartition.summary(before).max)),
  };
}
