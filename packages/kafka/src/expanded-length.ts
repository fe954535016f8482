/**
 * What compressed bytes will expand to, read from their headers: the libraries for these two formats take no limit, and allocate
 * whatever the headers ask for.
 */

const bitsOfByte = 7;
const continues = 0x80;

/** The length that a raw snappy block begins with, in bytes. */
export function snappyLength(block: Uint8Array): number {
  let length = 0;
  for (const [index, byte] of block.entries()) {
    length += (byte % continues) * 2 ** (bitsOfByte * index);
    if (byte < continues) return length;
  }
  throw new Error('a snappy block without a length');
}

const magicBytes = 4;
const hasDictionary = 0x01;
const hasContentLength = 0x08;
const hasBlockChecksums = 0x10;
const isStored = 0x80_00_00_00;
/** A byte of an lz4 block stands for at most so many. */
const largestRatio = 255;

/**
 * The most that an lz4 frame can expand to, in bytes: its blocks are counted, each as long as the frame lets a block be. All but the
 * last one commonly are. See github.com/lz4/lz4, doc/lz4_Frame_format.md.
 */
export function lz4FrameLength(frame: Buffer): number {
  const flags = frame.readUInt8(magicBytes);
  const blockLimit = 2 ** (8 + 2 * ((frame.readUInt8(magicBytes + 1) >> 4) & 7));
  const checksumBytes = (flags & hasBlockChecksums) === 0 ? 0 : 4;
  let position = magicBytes + 3 + ((flags & hasContentLength) === 0 ? 0 : 8) + ((flags & hasDictionary) === 0 ? 0 : 4);
  let length = 0;
  for (let size = frame.readUInt32LE(position); size !== 0; size = frame.readUInt32LE(position)) {
    const bytes = size % isStored;
    length += size >= isStored ? bytes : Math.min(blockLimit, bytes * largestRatio);
    position += 4 + bytes + checksumBytes;
  }
  return length;
}
