import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compressFrame } from 'lz4-napi';
import snappy from 'snappy';
import { lz4FrameLength, snappyLength } from './expanded-length.ts';

const lengths = [0, 1, 127, 128, 65_535, 65_536, 65_537, 5_000_000];
const lz4BlockBytes = 65_536;

describe('what compressed bytes expand to', () => {
  test('is known of snappy to the byte', async () => {
    for (const length of lengths)
      assert.equal(snappyLength(await snappy.compress(Buffer.alloc(length, 'tide'))), length);
  });

  test('is known of lz4 to the block, and never too little', async () => {
    for (const length of lengths) {
      const bound = lz4FrameLength(await compressFrame(Buffer.alloc(length, 'tide')));
      assert.ok(bound >= length && bound < length + lz4BlockBytes * 64, `${bound} of ${length}`);
    }
  });

  test('cannot be known of bytes that are cut off', async () => {
    const frame = await compressFrame(Buffer.alloc(100_000, 'tide'));
    assert.throws(() => lz4FrameLength(frame.subarray(0, frame.length - 8)), RangeError);
    assert.throws(() => snappyLength(Buffer.from([0x80])), /without a length/);
  });
});
