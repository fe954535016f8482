import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CheckpointStore, MemoryCheckpointStore, restoreEngine } from '@tidemark/checkpoint';
import { CODEC_VERSION, createEngine, defaultRules, rulesHash } from '@tidemark/domain';
import {
  type Assignment,
  type BatchProducer,
  type ConsumedRecord,
  DeadLetters,
  type OutgoingRecord,
} from '@tidemark/kafka';
import { silentLogger } from '@tidemark/runtime';
import { createFakeClock, generateSwaps, toRecord } from '@tidemark/testing';
import { OwnedPartition } from './owned-partition.ts';
import { defaultPublishQueueOptions, PublishQueue } from './publish-queue.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const startMs = 1_700_000_000_000;
const key = { groupId: 'g', topic: 'swaps', partition: 0 };
const counting = { rulesHash: rulesHash(defaultRules), partitionCount: 1, startOffset: 0 };
const log = silentLogger();

interface Setup {
  store?: CheckpointStore;
  maxTokens?: number;
  endOffset?: number;
  publishFloor?: number;
  /** Where dead letters go. */
  send?: (record: OutgoingRecord) => Promise<void>;
}

/** Takes the partition over and restores it, as the service does. */
async function own(setup: Setup = {}) {
  const { store = new MemoryCheckpointStore(), maxTokens = 1_000, endOffset = 0, publishFloor = 0 } = setup;
  const ownership = await store.own(key, counting);
  const stored = await store.restore(ownership, [CODEC_VERSION]);
  const engine = createEngine({ rules: defaultRules, partition: 0, partitionCount: 1, maxTokens });
  await restoreEngine(engine, stored);
  const clock = createFakeClock(startMs);
  const producer = { send: setup.send ?? (() => Promise.resolve()) } as BatchProducer;
  const owned = new OwnedPartition({
    assignment: { current: true, partition: 0 } as Assignment,
    ownership,
    state: engine,
    stored,
    queue: new PublishQueue({ ...defaultPublishQueueOptions, intervalMs: 20 }),
    deadLetters: new DeadLetters({
      topic: 'swaps',
      partition: 0,
      producer,
      log,
      onRejected: () => undefined,
      isCurrent: () => true,
    }),
    clock: 'event',
    nowMs: clock.now,
    endOffset,
    publishFloor,
  });
  const checkpoint = async () => {
    const pending = owned.checkpoint();
    if (!pending) return false;
    await pending.acknowledged;
    await store.commit(ownership, pending.checkpoint);
    owned.stored();
    return true;
  };
  return { owned, store, checkpoint, engine };
}

function recordsOf(count: number, firstOffset = 0, idPrefix = 's'): ConsumedRecord[] {
  const swaps = generateSwaps({ seed, count, tokens: 10, startMs, idPrefix, shares: { future: 0 } });
  return Array.from(swaps, (swap, index) => ({ partition: 0, headers: {}, ...toRecord(swap, firstOffset + index) }));
}

function applyAll(owned: OwnedPartition, records: ConsumedRecord[]): void {
  for (let index = 0; index < records.length; ) index = owned.apply(records, index);
}

/** Everything that readers see, and what the next checkpoint builds on. */
function figuresOf({ owned, engine }: Awaited<ReturnType<typeof own>>) {
  owned.advance();
  const tokens = [...engine.tokens()].toSorted((a, b) => (a < b ? -1 : 1));
  return {
    nextOffset: owned.nextOffset,
    counters: { ...engine.counters },
    watermarkMs: engine.watermarkMs,
    values: tokens.map((token) => engine.read(token)),
  };
}

describe(`an owned partition (seed ${seed})`, () => {
  test('stores checkpoints from which another owner goes on as if nothing had happened', async () => {
    const records = recordsOf(3_000);
    const whole = await own();
    applyAll(whole.owned, records);
    const store = new MemoryCheckpointStore();
    const first = await own({ store });
    for (let start = 0; start < 2_000; start += 250) {
      applyAll(first.owned, records.slice(start, start + 250));
      await first.checkpoint();
    }
    // Not stored: the next owner applies it again.
    applyAll(first.owned, records.slice(2_000, 2_100));
    const second = await own({ store });
    assert.equal(second.owned.nextOffset, 2_000);
    applyAll(second.owned, records.slice(2_000));
    assert.deepEqual(figuresOf(second), figuresOf(whole));
  });

  test('repeats a checkpoint that failed as it was, whatever was applied meanwhile; then the rest follows', async () => {
    const records = recordsOf(300);
    const store = new MemoryCheckpointStore();
    const first = await own({ store });
    applyAll(first.owned, records.slice(0, 100));
    const attempt = first.owned.checkpoint();
    applyAll(first.owned, records.slice(100));
    assert.equal(first.owned.checkpoint(), attempt);
    assert.equal(attempt!.checkpoint.to, 100);
    await first.checkpoint();
    assert.equal((await own({ store })).owned.nextOffset, 100);
    const third = await own({ store });
    applyAll(third.owned, records.slice(100));
    await third.checkpoint();
    assert.deepEqual(figuresOf(await own({ store })), figuresOf(first));
  });

  test('has no checkpoint when nothing changed, and one without a record when only control records passed', async () => {
    const { owned, checkpoint, store } = await own();
    assert.equal(await checkpoint(), false);
    owned.passed(7);
    assert.equal(await checkpoint(), true);
    assert.equal(await checkpoint(), false);
    assert.equal((await own({ store })).owned.nextOffset, 7);
  });

  test('applies each record once: one below the next offset is skipped', async () => {
    const records = recordsOf(200);
    const once = await own();
    applyAll(once.owned, records);
    const twice = await own();
    applyAll(twice.owned, records.slice(0, 120));
    applyAll(twice.owned, records);
    assert.deepEqual(figuresOf(twice), figuresOf(once));
  });

  test('does not store a checkpoint before its dead letters have arrived', async () => {
    const acknowledged = Promise.withResolvers<void>();
    const letters: OutgoingRecord[] = [];
    const { owned, checkpoint } = await own({
      send: (letter) => {
        letters.push(letter);
        return acknowledged.promise;
      },
    });
    const bad = {
      partition: 0,
      offset: 0,
      appendTimeMs: startMs,
      key: Buffer.from('t'),
      value: Buffer.from('{'),
      headers: {},
    };
    applyAll(owned, [bad]);
    let isStored = false;
    const stored = checkpoint().then(() => (isStored = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isStored, false);
    acknowledged.resolve();
    await stored;
    assert.equal(letters.length, 1);
    assert.equal(letters[0]!.headers!['tidemark-code'], 'NOT_JSON');
    assert.equal(letters[0]!.headers!['tidemark-offset'], '0');
  });

  test('reads the last counted record again, and refuses a log that holds another one there', async () => {
    const records = recordsOf(100);
    const store = new MemoryCheckpointStore();
    const first = await own({ store });
    applyAll(first.owned, records);
    await first.checkpoint();

    const same = await own({ store });
    assert.equal(same.owned.readFrom(0), 99);
    applyAll(same.owned, [records[99]!, ...recordsOf(10, 100, 'n')]);
    assert.equal(same.owned.nextOffset, 110);

    const last = records[99]!;
    const replaced: ConsumedRecord[] = [
      { ...last, appendTimeMs: last.appendTimeMs + 1 },
      { ...last, value: Buffer.from('{}') },
      { ...last, key: null },
      { ...last, offset: 100 },
    ];
    for (const other of replaced) {
      const { owned } = await own({ store });
      owned.readFrom(0);
      assert.throws(() => owned.apply([other], 0), { code: 'LOG_REPLACED' });
      assert.equal(owned.nextOffset, 100, 'nothing was applied');
    }
  });

  test('goes on at its offset where the last counted record is no longer retained', async () => {
    const store = new MemoryCheckpointStore();
    const first = await own({ store });
    applyAll(first.owned, recordsOf(100));
    await first.checkpoint();
    const { owned } = await own({ store });
    assert.equal(owned.readFrom(100), 100);
    applyAll(owned, recordsOf(1, 100, 'n'));
    assert.equal(owned.nextOffset, 101);
  });

  test('stops with TOO_MANY_TOKENS before the token that is too many, and nothing of it is counted', async () => {
    const { owned, engine } = await own({ maxTokens: 3 });
    assert.throws(() => applyAll(owned, recordsOf(500)), { code: 'TOO_MANY_TOKENS' });
    assert.equal(engine.tokenCount, 3);
  });

  test('publishes nothing below the offset up to which a former owner published', async () => {
    const { owned } = await own({ publishFloor: 50 });
    applyAll(owned, recordsOf(49));
    assert.equal(owned.publishable, false);
    applyAll(owned, recordsOf(1, 49, 'n'));
    assert.equal(owned.publishable, true);
    owned.assignment = { current: false, partition: 0 } as Assignment;
    assert.equal(owned.publishable, false, 'nor when it is somebody else’s');
  });
});
