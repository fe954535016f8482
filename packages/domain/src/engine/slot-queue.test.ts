import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { SlotQueue } from './slot-queue.ts';

const SEED = 20_260_105;

it(`items come out by their slots, none early and none left behind (seed ${SEED})`, () => {
  const step = fc.record({
    slots: fc.array(fc.integer({ min: -50, max: 50 })),
    end: fc.integer({ min: -60, max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const queue = new SlotQueue<number>();
      const waiting: number[] = [];
      for (const { slots, end } of steps) {
        for (const slot of slots) {
          queue.push(slot, slot);
          waiting.push(slot);
        }
        const taken: number[] = [];
        for (let due = queue.takeBelow(end); due !== undefined; due = queue.takeBelow(end)) {
          assert.ok(due.items.every((item) => item === due?.slot));
          taken.push(...due.items);
        }
        const expected = waiting.filter((slot) => slot < end).toSorted((a, b) => a - b);
        assert.deepEqual(taken, expected);
        waiting.splice(0, waiting.length, ...waiting.filter((slot) => slot >= end));
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});
