import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { assignSticky, type ClaimingMember } from './sticky-assignment.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const check = (property: fc.IProperty<never> | fc.IProperty<unknown[]>) =>
  fc.assert(property as fc.IProperty<unknown[]>, { seed, numRuns: 300 });

const claim = fc.record({
  generation: fc.integer({ min: 0, max: 3 }),
  partitions: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 30 }),
});
/** Members with any claims: none, outdated, of partitions that do not exist, several of one partition. */
const group = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 9 })
  .chain((ids) =>
    fc.tuple(...ids.map((id) => fc.record({ id: fc.constant(id), claim: fc.option(claim, { nil: undefined }) }))),
  );
const size = fc.integer({ min: 0, max: 36 });

function partitionsOf(count: number): number[] {
  return Array.from({ length: count }, (_, partition) => partition);
}

/** The members as they join again with what they were given. */
function claiming(assigned: ReadonlyMap<string, number[]>, generation: number): ClaimingMember[] {
  return [...assigned].map(([id, partitions]) => ({ id, claim: { generation, partitions } }));
}

function moved(before: ReadonlyMap<string, number[]>, after: ReadonlyMap<string, number[]>): number {
  return [...after].reduce((sum, [id, held]) => sum + held.filter((one) => !before.get(id)?.includes(one)).length, 0);
}

describe(`sticky assignment (seed ${seed})`, () => {
  test('every partition has one owner, and the members have equally many, within one, whatever they claim', () => {
    check(
      fc.property(group, size, (members, count) => {
        const assigned = assignSticky(members, partitionsOf(count));
        assert.deepEqual(
          [...assigned.values()].flat().toSorted((a, b) => a - b),
          partitionsOf(count),
        );
        const sizes = [...assigned.values()].map((held) => held.length);
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `sizes ${sizes.join()}`);
      }),
    );
  });

  test('the order of members and partitions changes nothing', () => {
    check(
      fc.property(group, size, (members, count) => {
        const assigned = assignSticky(members, partitionsOf(count));
        assert.deepEqual(assignSticky(members.toReversed(), partitionsOf(count).toReversed()), assigned);
      }),
    );
  });

  test('a group that stays as it is keeps everything', () => {
    check(
      fc.property(group, size, (members, count) => {
        const assigned = assignSticky(members, partitionsOf(count));
        assert.deepEqual(assignSticky(claiming(assigned, 4), partitionsOf(count)), assigned);
      }),
    );
  });

  test('one member more moves what it gets and nothing else; one less, what it had and nothing else', () => {
    check(
      fc.property(group, size, (members, count) => {
        const before = assignSticky(members, partitionsOf(count));
        const grown = assignSticky([...claiming(before, 4), { id: 'the new one' }], partitionsOf(count));
        assert.equal(moved(before, grown), grown.get('the new one')!.length);
        assert.ok(moved(before, grown) <= Math.ceil(count / (members.length + 1)));
        const [left, ...rest] = claiming(grown, 5);
        const shrunk = assignSticky(rest, partitionsOf(count));
        assert.equal(moved(grown, shrunk), left!.claim!.partitions.length);
      }),
    );
  });

  test('of two claims of a partition the one of the higher generation holds', () => {
    const away = { id: 'a', claim: { generation: 7, partitions: [0, 1, 2] } };
    const since = { id: 'b', claim: { generation: 8, partitions: [0, 1, 2] } };
    const other = { id: 'c', claim: { generation: 8, partitions: [3, 4, 5] } };
    const assigned = assignSticky([away, since, other], partitionsOf(6));
    assert.deepEqual(
      assigned,
      new Map([
        ['a', [2, 5]],
        ['b', [0, 1]],
        ['c', [3, 4]],
      ]),
    );
  });

  test('an outdated claim that nobody contests holds: the memory may still be right', () => {
    const assigned = assignSticky(
      [
        { id: 'a', claim: { generation: 3, partitions: [1] } },
        { id: 'b', claim: { generation: 9, partitions: [0] } },
      ],
      partitionsOf(2),
    );
    assert.deepEqual(
      assigned,
      new Map([
        ['a', [1]],
        ['b', [0]],
      ]),
    );
  });
});
