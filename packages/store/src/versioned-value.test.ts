import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions, type Version } from '@tidemark/wire';
import { decodeValue, decodeVersion, encodeVersion } from './versioned-value.ts';

const versions: Version[] = [
  [0, 0, 0, 0],
  [1, 9, 1, 1_704_412_800_000],
  [1, 9, 2, 1_704_412_799_999],
  [1, 10, 1, 1_704_412_800_000],
  [2, 0, 0, 0],
  [2, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
];

test('encoded versions sort as versions compare', () => {
  for (const a of versions) {
    for (const b of versions) {
      const [textA, textB] = [encodeVersion(a), encodeVersion(b)];
      assert.equal(Math.sign(compareVersions(a, b)), textA < textB ? -1 : textA > textB ? 1 : 0);
    }
  }
});

test('an encoded version reads back', () => {
  for (const version of versions) assert.deepEqual(decodeVersion(encodeVersion(version)), version);
});

test('a value reads back as it was written, a tombstone marker and an absent key as nothing', () => {
  const version: Version = [1, 2, 3, 4];
  assert.deepEqual(decodeValue(`${encodeVersion(version)}{"token":"a"}`), { version, json: '{"token":"a"}' });
  assert.equal(decodeValue(encodeVersion(version)), null);
  assert.equal(decodeValue(null), null);
});
