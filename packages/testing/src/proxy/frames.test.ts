import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFramer, type Protocol } from './frames.ts';

function kafkaFrame(text: string): Buffer {
  const frame = Buffer.alloc(4 + text.length);
  frame.writeInt32BE(text.length);
  frame.write(text, 4);
  return frame;
}

function postgresFrame(type: string, text: string): Buffer {
  const frame = Buffer.alloc(type.length + 4 + text.length);
  frame.write(type);
  frame.writeInt32BE(4 + text.length, type.length);
  frame.write(text, type.length + 4);
  return frame;
}

const streams: [Protocol, 'client' | 'server', Buffer[]][] = [
  ['kafka', 'client', [kafkaFrame('one'), kafkaFrame(''), kafkaFrame('three')]],
  ['postgres', 'server', [postgresFrame('R', 'auth'), postgresFrame('Z', 'I')]],
  ['postgres', 'client', [postgresFrame('', 'startup'), postgresFrame('Q', 'BEGIN'), postgresFrame('Q', 'COMMIT')]],
];

for (const [protocol, from, frames] of streams) {
  test(`messages of a ${protocol} ${from} come whole, however the bytes are cut`, () => {
    const bytes = Buffer.concat(frames);
    for (let size = 1; size <= bytes.length; size++) {
      const framer = createFramer(protocol, from);
      const found: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) found.push(...framer.push(bytes.subarray(at, at + size)));
      assert.deepEqual(found, frames, `in reads of ${size} bytes`);
    }
  });
}
