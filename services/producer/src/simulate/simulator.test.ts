import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEngine, defaultRules, type Swap, swapSchema } from '@tidemark/domain';
import * as fc from 'fast-check';
import { createMarket } from './market.ts';
import { maxWaiting, type Shares, Simulator, type SimulatorOptions } from './simulator.ts';

const startMs = Date.UTC(2026, 0, 1);
const none: Shares = { duplicate: 0, reorder: 0, late: 0, pending: 0, reverted: 0 };
const market = createMarket({ seed: 'test', tokens: 100, traders: 1_000 });

function options(changes: Partial<SimulatorOptions> = {}): SimulatorOptions {
  return { market, seed: 's', run: 'r1', zipfExponent: 1, latenessMs: 1_200_000, shares: none, ...changes };
}

/** The stream of a simulator that is asked every `stepMs`, each swap with the moment of its sending. */
function stream(simulator: Simulator, count: number, stepMs = 10): { swap: Swap; sentMs: number }[] {
  return Array.from({ length: count }, (_, at) => {
    const sentMs = startMs + at * stepMs;
    return { swap: simulator.next(sentMs), sentMs };
  });
}

/** What the counting makes of the stream. */
function outcomes(sent: { swap: Swap; sentMs: number }[], latenessMs: number): string[] {
  const engine = createEngine({ rules: { ...defaultRules, latenessMs }, partition: 0, partitionCount: 1 });
  return sent.map(({ swap, sentMs }, offset) => {
    const key = Buffer.from(swap.token);
    const outcome = engine.apply({ offset, appendTimeMs: sentMs, key, value: Buffer.from(JSON.stringify(swap)) });
    return outcome.kind === 'rejected' ? outcome.code : outcome.kind;
  });
}

function shareOf<T>(values: T[], isOne: (value: T) => boolean): number {
  return values.filter(isOne).length / values.length;
}

function about(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, not ${expected} ± ${tolerance}`);
}

test('equal seeds, runs and times give equal streams; another seed another one', () => {
  const shares = { duplicate: 0.1, reorder: 0.1, late: 0.01, pending: 0.1, reverted: 0.1 };
  const first = stream(new Simulator(options({ shares })), 5_000);
  assert.deepEqual(stream(new Simulator(options({ shares })), 5_000), first);
  assert.notDeepEqual(stream(new Simulator(options({ shares, seed: 't' })), 5_000), first);
});

test('two runs of one seed share no id', () => {
  const first = stream(new Simulator(options({ run: 'r1' })), 2_000);
  const second = stream(new Simulator(options({ run: 'r2' })), 2_000);
  assert.equal(new Set([...first, ...second].map(({ swap }) => swap.id)).size, 4_000);
});

test('every swap is one by the schema, whatever the shares, the lateness and the time', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const arbitrary = fc.record({
    seed: fc.string(),
    zipfExponent: fc.double({ min: 0, max: 3, noNaN: true }),
    latenessMs: fc.integer({ min: 0, max: 86_400_000 }),
    shares: fc.record({ duplicate: share, reorder: share, late: share, pending: share, reverted: share }),
  });
  fc.assert(
    fc.property(arbitrary, fc.integer({ min: 0, max: 60_000 }), (changes, stepMs) => {
      for (const { swap } of stream(new Simulator(options(changes)), 300, stepMs)) {
        const parsed = swapSchema.safeParse(swap);
        assert.ok(parsed.success, `${JSON.stringify(swap)}: ${parsed.error?.message}`);
      }
    }),
    { numRuns: 50 },
  );
});

test('without shares every swap is new, in order, and counted', () => {
  const sent = stream(new Simulator(options()), 20_000);
  assert.ok(outcomes(sent, 1_200_000).every((outcome) => outcome === 'accepted'));
  assert.ok(sent.every(({ swap, sentMs }) => swap.timestamp === sentMs && swap.status === 'confirmed'));
});

test('the share of duplicates is sent twice, and counted once', () => {
  const sent = stream(new Simulator(options({ shares: { ...none, duplicate: 0.1 } })), 50_000);
  const found = outcomes(sent, 1_200_000);
  assert.ok(found.every((outcome) => outcome === 'accepted' || outcome === 'duplicate'));
  // Of 1.1 records a swap 0.1 are the second, but for those that still wait at the end.
  about(
    shareOf(found, (outcome) => outcome === 'duplicate'),
    0.1 / 1.1,
    0.01,
  );
});

test('the reordered share is stamped in the past, and still accepted', () => {
  const sent = stream(new Simulator(options({ shares: { ...none, reorder: 0.1 } })), 50_000);
  assert.ok(outcomes(sent, 1_200_000).every((outcome) => outcome === 'accepted'));
  about(
    shareOf(sent, ({ swap, sentMs }) => swap.timestamp < sentMs),
    0.1,
    0.01,
  );
  assert.ok(
    sent.some(({ swap, sentMs }) => swap.timestamp < sentMs - 300_000),
    'some by minutes',
  );
});

test('the late share is rejected as late, and nothing else is', () => {
  const sent = stream(new Simulator(options({ shares: { ...none, reorder: 0.1, late: 0.05 } })), 50_000);
  const found = outcomes(sent, 1_200_000);
  assert.deepEqual(new Set(found), new Set(['accepted', 'LATE']));
  about(
    shareOf(found, (outcome) => outcome === 'LATE'),
    0.05,
    0.005,
  );
});

test('a pending swap is confirmed under a higher version, and a reverted one taken back', () => {
  const sent = stream(new Simulator(options({ shares: { ...none, pending: 0.1, reverted: 0.1 } })), 50_000, 5);
  assert.ok(
    outcomes(sent, 1_200_000).every((outcome) => outcome === 'accepted'),
    'each version replaces the one before',
  );
  const histories = Map.groupBy(sent, ({ swap }) => swap.id);
  const kinds = new Map<string, number>();
  for (const records of histories.values()) {
    const kind = records.map(({ swap }) => `${swap.version} ${swap.status}`).join(', ');
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    assert.equal(new Set(records.map(({ swap }) => swap.timestamp)).size, 1, 'all versions carry one stamp');
  }
  // Those that still wait at the end make prefixes of these.
  assert.deepEqual([...kinds.keys()].toSorted(), [
    '1 confirmed',
    '1 confirmed, 2 reverted',
    '1 pending',
    '1 pending, 2 confirmed',
    '1 pending, 2 confirmed, 3 reverted',
  ]);
  about((kinds.get('1 pending, 2 confirmed') ?? 0) / histories.size, 0.09, 0.03);
  about((kinds.get('1 confirmed, 2 reverted') ?? 0) / histories.size, 0.09, 0.03);
});

test('with everything at once only what is meant to be late is rejected, also under a short lateness', () => {
  const shares = { duplicate: 0.3, reorder: 0.3, late: 0.02, pending: 0.3, reverted: 0.3 };
  for (const latenessMs of [10_000, 1_200_000]) {
    const found = outcomes(stream(new Simulator(options({ shares, latenessMs })), 30_000), latenessMs);
    assert.deepEqual(new Set(found), new Set(['accepted', 'duplicate', 'LATE']), `lateness ${latenessMs}`);
  }
});

test('what waits is bounded: past the limit swaps are sent once and plain', () => {
  const shares = { duplicate: 1, reorder: 0, late: 0, pending: 1, reverted: 1 };
  const simulator = new Simulator(options({ shares }));
  // All at one moment, so that nothing that waits comes out.
  const sent = Array.from({ length: maxWaiting }, () => simulator.next(startMs));
  assert.equal(new Set(sent.map(({ id }) => id)).size, maxWaiting);
  const later = Array.from({ length: maxWaiting + 1 }, () => simulator.next(startMs + 3_600_000));
  assert.equal(later.filter(({ timestamp }) => timestamp === startMs).length, maxWaiting);
});

test('prices go on from those given', () => {
  const prices = market.tokens.map(({ firstPriceUsd }) => firstPriceUsd * 1.5);
  assert.deepEqual(new Simulator(options({ prices })).prices, prices);
});
