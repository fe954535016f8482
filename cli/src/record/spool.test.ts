import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Spool } from './spool.ts';

async function merged(spool: Spool): Promise<string[]> {
  const lines = [];
  for await (const line of spool.merged()) lines.push(line);
  await spool.dispose();
  return lines;
}

/** Three partitions whose append times interleave; within each they rise. */
async function fill(spool: Spool, perPartition: number): Promise<string[]> {
  const expected: { appendTimeMs: number; partition: number; text: string }[] = [];
  for (let start = 0; start < perPartition; start += 10) {
    for (const partition of [2, 0, 1]) {
      const lines = Array.from({ length: Math.min(10, perPartition - start) }, (_, at) => {
        const number = start + at;
        return { appendTimeMs: number * (partition + 1), text: `${partition}/${number} \u2028 "é"` };
      });
      expected.push(...lines.map((line) => ({ ...line, partition })));
      await spool.add(partition, lines);
    }
  }
  return expected
    .toSorted((a, b) => a.appendTimeMs - b.appendTimeMs || a.partition - b.partition)
    .map(({ text }) => text);
}

test('lines of several partitions come out by append time, those of one partition in its order', async () => {
  const spool = new Spool();
  const expected = await fill(spool, 1_000);
  assert.deepEqual(await merged(spool), expected);
});

test('what does not fit into memory goes through files, with the same result', async () => {
  const spool = new Spool(500);
  const expected = await fill(spool, 1_003);
  assert.deepEqual(await merged(spool), expected);
});

test('an empty spool gives nothing', async () => {
  assert.deepEqual(await merged(new Spool()), []);
});
