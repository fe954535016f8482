import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CheckpointStore, MemoryCheckpointStore, type Ownership } from '@tidemark/checkpoint';
import { silentLogger } from '@tidemark/runtime';
import { ClockGuard } from './clock-guard.ts';
import type { OwnedPartition } from './owned-partition.ts';

const key = { groupId: 'g', topic: 'swaps', partition: 0 };
const counting = { rulesHash: 'r', partitionCount: 1, startOffset: 0 };

function ahead(ownership: Ownership) {
  const epochs: number[] = [];
  const owned = {
    partition: 0,
    ownership,
    engine: { tMs: 5 },
    assignment: { current: true },
    clockRanAhead: true,
    beginEpoch(raised: Ownership) {
      epochs.push(raised.epoch);
      owned.clockRanAhead = false;
    },
  };
  return { owned: owned as unknown as OwnedPartition, epochs };
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function guard(store: CheckpointStore, owned: OwnedPartition) {
  const fenced: OwnedPartition[] = [];
  return {
    fenced,
    guard: new ClockGuard({
      store,
      partitions: () => [owned],
      log: silentLogger(),
      onFenced: (one) => fenced.push(one),
    }),
  };
}

describe('a clock that ran ahead', () => {
  test('begins one new epoch, however often it is looked at meanwhile', async () => {
    const store = new MemoryCheckpointStore();
    const { owned, epochs } = ahead(await store.own(key, counting));
    const { guard: clock } = guard(store, owned);
    clock.look();
    clock.look();
    await turn();
    clock.look();
    await turn();
    assert.deepEqual(epochs, [2]);
  });

  test('is tried again while the store is away', async () => {
    const store = new MemoryCheckpointStore();
    const { owned, epochs } = ahead(await store.own(key, counting));
    let isAway = true;
    const away = {
      raiseEpoch: (one: Ownership) => (isAway ? Promise.reject(new Error('away')) : store.raiseEpoch(one)),
    } as CheckpointStore;
    const { guard: clock, fenced } = guard(away, owned);
    clock.look();
    await turn();
    assert.deepEqual([epochs, fenced], [[], []]);
    isAway = false;
    clock.look();
    await turn();
    assert.deepEqual(epochs, [2]);
  });

  test('begins no epoch for a partition that somebody else took over', async () => {
    const store = new MemoryCheckpointStore();
    const { owned, epochs } = ahead(await store.own(key, counting));
    await store.own(key, counting);
    const { guard: clock, fenced } = guard(store, owned);
    clock.look();
    await turn();
    assert.deepEqual([epochs, fenced], [[], [owned]]);
  });
});
