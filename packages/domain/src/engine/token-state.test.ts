import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createRandom, generateSwaps } from '@tidemark/testing';
import { defaultRules } from '../rules.ts';
import { toLive } from './judgement.ts';
import { TALLY_WIDTH } from './rows.ts';
import { shapeOf } from './shape.ts';
import { createMemory, TokenState } from './token-state.ts';

const SEED = 20_260_107;

it(`a million swaps come, are replaced and leave: every internal sum is exactly zero then (seed ${SEED})`, () => {
  const shape = shapeOf(defaultRules);
  const memory = createMemory(shape);
  const { rows } = memory;
  const state = new TokenState('T', 0, memory);
  const random = createRandom(SEED);
  let partitionMs = 0;
  const shares = { late: 0, future: 0, reused: 0, ahead: 0.05, reordered: 0.02 };
  for (const { swap } of generateSwaps({
    seed: SEED,
    count: 1_000_000,
    tokens: 1,
    traders: 500,
    stepMs: 200,
    shares,
  })) {
    if (swap.timestamp < state.watermarkMs - defaultRules.latenessMs) continue;
    state.replace(toLive(swap, shape), state.known(swap.id));
    state.watermarkMs = Math.max(state.watermarkMs, swap.timestamp);
    partitionMs = Math.max(partitionMs, swap.timestamp);
    if (!random.chance(0.05)) continue;
    state.settle(partitionMs);
    state.finalMinute = TokenState.finalBelow(partitionMs - defaultRules.latenessMs);
    state.prune(partitionMs);
    state.viewsAt(partitionMs - random.int(60_000));
  }
  assert.ok(rows.size > 1_000, 'there is something to leave');
  const views = state.viewsAt(partitionMs + 2 * 86_400_000);
  for (const view of views) {
    const at = rows.at(view.row);
    assert.deepEqual(rows.page(view.row).slice(at, at + TALLY_WIDTH), new Float64Array(TALLY_WIDTH));
  }
  const farMs = partitionMs + 3 * 86_400_000;
  state.watermarkMs = farMs;
  state.finalMinute = TokenState.finalBelow(farMs);
  state.settle(farMs);
  state.prune(farMs);
  assert.equal(rows.size, views.length, 'only the sums themselves are left');
  assert.deepEqual([state.live.length, state.ids.size, memory.store.size], [0, 0, 0]);
});
