import type { TopicName } from '@tidemark/wire';
import kafkajs from 'kafkajs';
import type { KafkaClient } from '../src/index.ts';

const { CompressionCodecs, CompressionTypes: types } = kafkajs;
const prime1 = 0x9e3779b1;
const prime2 = 0x85ebca77;
const prime3 = 0xc2b2ae3d;
const prime5 = 0x165667b1;

export type Codec = keyof typeof CompressionCodecs;

export interface BatchOptions {
  topic: TopicName;
  partition?: number;
  values: Buffer[];
  compression: Codec;
  /** Makes the batch's records, as they are encoded, into the bytes that are sent; the codec's own way without. */
  compress?: (records: Buffer) => Buffer;
}

/** Sends one batch with hand-made bytes in it. */
export async function sendBatch(client: KafkaClient, options: BatchOptions): Promise<void> {
  const { topic, partition = 0, values, compression, compress } = options;
  const codec = CompressionCodecs[compression];
  if (compress)
    CompressionCodecs[compression] = () => ({
      ...codec(),
      compress: ({ buffer }: { buffer: Buffer }) => compress(buffer),
    });
  const producer = client.kafka.producer();
  try {
    await producer.connect();
    const messages = values.map((value) => ({ partition, key: 'k', value }));
    await producer.send({ topic: client.topicName(topic), compression, messages });
  } finally {
    CompressionCodecs[compression] = codec;
    await producer.disconnect();
  }
}

/** A batch that Kafka takes and that nobody can read: of lz4 its brokers never look at the checksum of the content. */
export async function sendDamaged(
  client: KafkaClient,
  topic: TopicName,
  values: string[],
  partition = 0,
): Promise<void> {
  await sendBatch(client, {
    topic,
    partition,
    values: values.map((value) => Buffer.from(value)),
    compression: types.LZ4,
    compress: lz4WithWrongChecksum,
  });
}

/** A frame of one stored block of up to 64 KiB. See github.com/lz4/lz4, doc/lz4_Frame_format.md. */
function lz4WithWrongChecksum(content: Buffer): Buffer {
  const descriptor = Buffer.from([0x64, 0x40]);
  const frame = Buffer.alloc(4 + 2 + 1 + 4 + content.length + 4 + 4);
  let position = frame.writeUInt32LE(0x184d2204);
  position += descriptor.copy(frame, position);
  position = frame.writeUInt8((xxh32(descriptor) >>> 8) & 0xff, position);
  position = frame.writeUInt32LE((content.length | 0x80000000) >>> 0, position);
  position += content.copy(frame, position);
  position = frame.writeUInt32LE(0, position);
  frame.writeUInt32LE(0xbadbad, position);
  return frame;
}

/** XXH32 of fewer than 4 bytes. */
function xxh32(bytes: Buffer): number {
  let hash = prime5 + bytes.length;
  for (const byte of bytes) {
    hash = (hash + Math.imul(byte, prime5)) | 0;
    hash = Math.imul((hash << 11) | (hash >>> 21), prime1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), prime2);
  hash = Math.imul(hash ^ (hash >>> 13), prime3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
