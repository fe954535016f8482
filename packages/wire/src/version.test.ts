import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareVersions, isVersion, newerVersion, type Version } from './version.ts';

/** In rising order: each part outweighs all that follow it. */
const rising: Version[] = [
  [0, 0, 0, 0],
  [0, 0, 0, 1],
  [0, 0, 1, 0],
  [0, 9, 0, 0],
  [0, 10, 0, 0],
  [1, 0, 9, 9],
  [1, 2 ** 40, 0, 0],
  [2, 0, 0, 0],
];

describe('versions', () => {
  test('are ordered by generation, then offset, then epoch, then time', () => {
    for (const [i, a] of rising.entries()) {
      for (const [j, b] of rising.entries()) {
        assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a.join()} to ${b.join()}`);
        assert.equal(newerVersion(a, b), rising[Math.max(i, j)]);
      }
    }
  });

  test('are four whole numbers from 0 up, and nothing else', () => {
    for (const version of rising) assert.equal(isVersion(version), true);
    const others = [null, undefined, '1,2,3,4', 4, {}, [], [1, 2, 3], [1, 2, 3, 4, 5], [1, 2, 3, '4'], [1, 2, 3, 0.5]];
    for (const other of [...others, [1, 2, 3, -1], [1, 2, 3, Number.NaN], [1, 2, 3, 2 ** 53]]) {
      assert.equal(isVersion(other), false, JSON.stringify(other));
    }
  });
});
