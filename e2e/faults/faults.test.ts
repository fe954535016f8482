import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serversOfRun } from '@tidemark/testing';
import { runScenario } from './run-scenario.ts';
import { scenarios } from './scenarios.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Those that leave the servers alone, which other tests use at the same time; of each kind of moment one. */
const chosen = ['kill-inside-transaction', 'kill-between-redis-and-stats', 'commit-lands-after-owner', 'redis-flushed'];

for (const name of chosen) {
  const scenario = scenarios.find((one) => one.name === name)!;
  test(`figures are exact and no version goes back: ${scenario.description} (seed ${seed})`, async (t) => {
    const stack = { ...serversOfRun(), handles: {} };
    const say = (line: string) => t.diagnostic(line);
    const result = await runScenario(scenario, { stack, seed, signal: t.signal, say });
    assert.ok(result.passed, JSON.stringify(result, null, 2));
  });
}
