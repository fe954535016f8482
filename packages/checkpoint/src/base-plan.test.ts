import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BasePlan } from './base-plan.ts';

const policy = {
  behind: { deltaShare: 0.5, minDeltaBytes: 100 },
  atEnd: { deltaShare: 0.1, minDeltaBytes: 10 },
  maxDeltas: 10,
  sliceMs: 5,
};
const fresh = { replayFrom: 0, shards: [], deltas: [] };

/** Each shard takes so many steps of its own. */
function stateOf(steps = 1) {
  return {
    dirtyShards: () => [0, 1, 2, 3],
    beginShard(shard: number) {
      let left = steps;
      return {
        step(hasTime: () => boolean) {
          do left--;
          while (left > 0 && hasTime());
          return left > 0 ? undefined : new Uint8Array(50 + shard);
        },
      };
    },
  };
}

const state = stateOf();

/** A clock that moves by the step at each look. */
function clock(stepMs: number): () => number {
  let nowMs = 0;
  return () => {
    nowMs += stepMs;
    return nowMs;
  };
}

test('small deltas rewrite nothing', () => {
  const plan = new BasePlan(fresh, policy);
  assert.deepEqual(plan.take(1, new Uint8Array(99), state), { shards: [], replayFrom: 0 });
});

test('at the end of the log a fraction of that begins a round', () => {
  const plan = new BasePlan(fresh, policy);
  assert.deepEqual(plan.take(1, new Uint8Array(9), state, true).shards, []);
  assert.ok(plan.take(2, new Uint8Array(1), state, true).shards.length > 0);
});

test('a round writes every shard once, in slices, and frees the deltas from before it only when it is complete', () => {
  const plan = new BasePlan(fresh, policy);
  const slow = clock(3);
  const written: number[] = [];
  const replayFrom: number[] = [];
  for (let to = 10; to <= 40; to += 10) {
    const slice = plan.take(to, to === 10 ? new Uint8Array(100) : new Uint8Array(), state, false, slow);
    written.push(...slice.shards.map(({ shard }) => shard));
    replayFrom.push(slice.replayFrom);
  }
  assert.deepEqual(
    written.toSorted((a, b) => a - b),
    [0, 1, 2, 3],
  );
  assert.deepEqual(
    replayFrom.toSorted((a, b) => a - b),
    replayFrom,
  );
  assert.equal(replayFrom[0], 0);
  assert.equal(replayFrom.at(-1), 10);
});

test('many deltas begin a round however small they are', () => {
  const plan = new BasePlan(fresh, policy);
  for (let to = 1; to < 10; to++) assert.equal(plan.take(to, new Uint8Array(), state).shards.length, 0);
  assert.ok(plan.take(10, new Uint8Array(), state).shards.length > 0);
});

test('a large state is rewritten in proportion to what changed', () => {
  const stored = { replayFrom: 5, shards: [{ shard: 0, atOffset: 5, bytes: new Uint8Array(1_000) }], deltas: [] };
  const plan = new BasePlan(stored, policy);
  assert.equal(plan.take(6, new Uint8Array(499), state).shards.length, 0);
  assert.ok(plan.take(7, new Uint8Array(1), state).shards.length > 0);
});

test('a shard that takes longer than a slice is stored when it is whole, as of the offset where it was begun', () => {
  const plan = new BasePlan(fresh, policy);
  const slow = clock(3);
  const slices = [10, 20, 30, 40, 50, 60, 70, 80].map((to) =>
    plan.take(to, to === 10 ? new Uint8Array(100) : new Uint8Array(), stateOf(4), false, slow),
  );
  const written = slices.flatMap(({ shards }) => shards.map(({ shard, atOffset }) => [shard, atOffset]));
  assert.deepEqual(
    written.map(([shard]) => shard),
    [3, 2, 1, 0],
  );
  assert.deepEqual(slices[0]!.shards, [], 'the first slice was too short for any');
  for (const [index, { shards }] of slices.entries())
    for (const { atOffset } of shards) assert.ok(atOffset < (index + 1) * 10, 'later than it was begun');
  const whole = slices.findIndex(({ shards }) => shards.some(({ shard }) => shard === 0));
  assert.deepEqual(
    slices.map(({ replayFrom }) => replayFrom),
    slices.map((_, index) => (index < whole ? 0 : 10)),
  );
});
