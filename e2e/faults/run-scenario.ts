import type { Stack } from '@tidemark/stack';
import { isolate } from '@tidemark/testing';
import type { Scenario } from './scenario.ts';
import { type Findings, judgeWorld, type Verdict } from './verdict.ts';
import { type Hit, World } from './world/world.ts';

/** What a scenario came to, as it is recorded. */
export interface ScenarioResult {
  scenario: string;
  seed: number;
  passed: boolean;
  /** Why it was not run, such as a system that lacks what it needs. */
  skipped: string | null;
  /** Why it ended before its verdict. */
  failure: string | null;
  hits: Hit[];
  verdict: Verdict | null;
  seconds: number;
}

export interface RunOptions {
  stack: Pick<Stack, 'kafka' | 'postgres' | 'redis' | 'handles'>;
  seed: number;
  signal: AbortSignal;
  say: (line: string) => void;
}

/** Swaps a second. */
const rate = 400;
const replicas = 2;
const quietMs = 1_500;
const logLinesShown = 40;

/** Runs one scenario in a world of its own on the servers; whatever goes wrong is in the result. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<ScenarioResult> {
  const { stack, seed, say } = options;
  const startedMs = performance.now();
  const skipped = (await scenario.missing?.()) ?? null;
  const prepared = skipped === null ? await scenario.prepare?.(stack) : undefined;
  let failure: string | null = null;
  let verdict: Verdict | null = null;
  let world: World | undefined;
  try {
    if (skipped === null) {
      world = await createWorld(scenario, options, prepared?.tablespace);
      await world.quiet(quietMs);
      await scenario.inject(world);
      await scenario.ending?.(world);
      verdict = await judgeWorld(world);
    }
  } catch (error) {
    if (options.signal.aborted) throw error;
    failure = (error as Error).message;
    say(`  ${failure}`);
  } finally {
    await world?.close();
    await prepared?.dispose();
  }
  const hits = world?.hits ?? [];
  const passed = skipped !== null || (failure === null && hits.length > 0 && hits.every(hasHit) && isClean(verdict!));
  if (!passed && world) explain(world, verdict, say);
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  return { scenario: scenario.name, seed, passed, skipped, failure, hits, verdict, seconds };
}

/** The fault found partitions at work: some of the log was not yet stored, and it was stored afterwards. */
export function hasHit({ owned, nextOffsetBefore, logEnd, nextOffsetAfter }: Hit): boolean {
  return owned.length > 0 && nextOffsetBefore < logEnd && nextOffsetAfter !== null && nextOffsetAfter >= logEnd;
}

/** Nothing was wrong, although records of every awkward kind had come. */
export function isClean(verdict: Verdict): boolean {
  return (
    findingsOf(verdict).every(({ count }) => count === 0) &&
    Object.values(verdict.adversity).every((count) => count > 0)
  );
}

function findingsOf({ wrongFields, wentBack, wrongLetters, missingValues }: Verdict): Findings[] {
  return [wrongFields, wentBack, wrongLetters, missingValues];
}

async function createWorld(
  scenario: Scenario,
  { stack, seed, signal, say }: RunOptions,
  tablespace?: string,
): Promise<World> {
  const isolated = await isolate(stack, tablespace === undefined ? {} : { tablespace });
  return World.create(isolated, {
    seed,
    signal,
    say,
    handles: stack.handles,
    rate,
    replicas: scenario.replicas ?? replicas,
    env: scenario.env ?? {},
  });
}

/** What was found wrong, and what the aggregators printed last. */
export function explain({ hits, replicas: all }: World, verdict: Verdict | null, say: (line: string) => void): void {
  for (const hit of hits) if (!hasHit(hit)) say(`  missed: ${JSON.stringify(hit)}`);
  if (verdict) say(`  awkward records: ${JSON.stringify(verdict.adversity)}`);
  for (const { first } of verdict ? findingsOf(verdict) : []) for (const line of first) say(`  ${line}`);
  for (const { name, logs } of all) say(`--- ${name}\n${logs.slice(-logLinesShown).join('\n')}`);
}
