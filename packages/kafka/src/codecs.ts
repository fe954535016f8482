import { promisify } from 'node:util';
import zlib from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import snappy from 'snappy';
import { lz4FrameLength, snappyLength } from './expanded-length.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;
const gzip = promisify(zlib.gzip);
const unzip = promisify(zlib.unzip);
const zstdCompress = promisify(zlib.zstdCompress);
const zstdDecompress = promisify(zlib.zstdDecompress);

/** What the records of one batch may expand to: 16 times the longest batch that a topic of Tidemark takes. */
export const maxExpandedBytes = 64 * 1_048_576;

/** xerial's framing, which Java's clients put around snappy blocks: magic, two versions, then length-prefixed blocks. */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeaderBytes = 16;

/** A few compressed bytes may stand for more than there is memory. @throws Error past the limit */
function requireBounded(bytes: number): void {
  if (bytes > maxExpandedBytes) throw new Error(`the batch expands to more than ${maxExpandedBytes} bytes`);
}

async function snappyDecompress(buffer: Buffer): Promise<Buffer> {
  const blocks = snappyBlocks(buffer);
  requireBounded(blocks.reduce((sum, block) => sum + snappyLength(block), 0));
  return Buffer.concat(await Promise.all(blocks.map(async (block) => (await snappy.uncompress(block)) as Buffer)));
}

function snappyBlocks(buffer: Buffer): Buffer[] {
  if (!buffer.subarray(0, xerialMagic.length).equals(xerialMagic)) return [buffer];
  const blocks: Buffer[] = [];
  for (let position = xerialHeaderBytes; position < buffer.length; ) {
    const start = position + 4;
    position = start + buffer.readUInt32BE(position);
    blocks.push(buffer.subarray(start, position));
  }
  return blocks;
}

async function lz4Decompress(buffer: Buffer): Promise<Buffer> {
  requireBounded(lz4FrameLength(buffer));
  return decompressFrame(buffer);
}

/** Node stops at the length given, and says so in its own words. */
async function bounded(decompressed: Promise<Buffer>): Promise<Buffer> {
  try {
    return await decompressed;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') requireBounded(Number.POSITIVE_INFINITY);
    throw error;
  }
}

interface Encoder {
  buffer: Buffer;
}

/**
 * Every codec, each with a bound. kafkajs has gzip alone, and without one; a batch of a codec that it lacks would crash its consumer for
 * ever (kafkajs #597).
 */
export function registerCodecs(): void {
  const limit = { maxOutputLength: maxExpandedBytes };
  CompressionCodecs[CompressionTypes.GZIP] = () => ({
    compress: (encoder: Encoder) => gzip(encoder.buffer),
    decompress: (buffer: Buffer) => bounded(unzip(buffer, limit)),
  });
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: (encoder: Encoder) => snappy.compress(encoder.buffer),
    decompress: snappyDecompress,
  });
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: (encoder: Encoder) => compressFrame(encoder.buffer),
    decompress: lz4Decompress,
  });
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: (encoder: Encoder) => zstdCompress(encoder.buffer),
    decompress: (buffer: Buffer) => bounded(zstdDecompress(buffer, limit)),
  });
}
