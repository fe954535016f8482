import { isolate } from '@tidemark/testing';
import { explain, hasHit, isClean, type RunOptions, type ScenarioResult } from './run-scenario.ts';
import { scenarios } from './scenarios.ts';
import { judgeWorld, type Verdict } from './verdict.ts';
import { World } from './world/world.ts';

export interface SoakOptions extends RunOptions {
  minutes: number;
}

/** Swaps a second: the oracle judges all of them in the end. */
const rate = 200;
const replicas = 2;
const longestQuietMs = 10_000;

/**
 * Mixes the scenarios that can share a world at random, with quiet periods between them, and judges all of it in the end. Asked to
 * stop, it ends the fault that is under way and judges what there is.
 */
export async function runSoak({ stack, seed, minutes, signal, say }: SoakOptions): Promise<ScenarioResult> {
  const startedMs = performance.now();
  const endMs = startedMs + minutes * 60_000;
  const mixed = scenarios.filter(({ mixes = true }) => mixes);
  let failure: string | null = null;
  let verdict: Verdict | null = null;
  const world = await World.create(await isolate(stack), {
    seed,
    rate,
    replicas,
    env: {},
    handles: stack.handles,
    // A fault must be lifted before anything can be judged.
    signal: new AbortController().signal,
    say,
  });
  try {
    while (performance.now() < endMs && !signal.aborted) {
      await world.quiet(world.random.int(longestQuietMs));
      const scenario = world.random.pick(mixed);
      say(scenario.name);
      await scenario.inject(world);
    }
    verdict = await judgeWorld(world);
  } catch (error) {
    failure = (error as Error).message;
    say(`  ${failure}`);
  } finally {
    await world.close();
  }
  const { hits } = world;
  const passed = failure === null && hits.length > 0 && hits.every(hasHit) && isClean(verdict!);
  if (!passed) explain(world, verdict, say);
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  const name = `soak of ${minutes} min${signal.aborted ? ', stopped' : ''}`;
  return { scenario: name, seed, passed, skipped: null, failure, hits, verdict, seconds };
}
