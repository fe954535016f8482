import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { runScenario, type Scenario } from './model.ts';

const SEED = Number(process.env['MODEL_SEED'] ?? 20_260_101);
const RUNS = Number(process.env['MODEL_RUNS'] ?? 100);

const scenario: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  records: fc.integer({ min: 1, max: 500 }),
  tokens: fc.integer({ min: 1, max: 12 }),
  traders: fc.integer({ min: 1, max: 20 }),
  stepMs: fc.constantFrom(20, 500, 5_000, 60_000, 600_000, 7_200_000),
  latenessMs: fc.constantFrom(0, 1, 61_000, 1_200_000, 7_200_000),
  windows: fc.constantFrom('5m,1h,24h', '1m', '10s,30m', '5m,25h', '1h,2h,7d', '24h,5m'),
  priceMinUsd: fc.constantFrom('1', '0', '0.0000015', '5000'),
  checkChance: fc.constantFrom(0.01, 0.05, 0.3),
  restoreChance: fc.constantFrom(0, 0.3, 1),
  spreadMs: fc.constantFrom(1_000, 100_000, 10_000_000, 1_000_000_000),
});

describe('engine and register against oracle', () => {
  it(`every outcome, figure, candle and cut equals the naive recomputation, also after restores (seed ${SEED})`, () => {
    fc.assert(fc.property(scenario, runScenario), { seed: SEED, numRuns: RUNS, endOnFailure: true });
  });
});
