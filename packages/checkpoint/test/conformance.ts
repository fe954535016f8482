import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Ownership, PartitionKey } from '../src/checkpoint.ts';
import { FencedError } from '../src/fenced-error.ts';
import { bytes, checkpoint, codecs, coded, counting, freshKey, type StoreUnderTest } from './fixtures.ts';
import { testRebuildConformance } from './rebuild-conformance.ts';

/** What every checkpoint store guarantees. */
export function testConformance(name: string, openTest: () => StoreUnderTest): void {
  const open = () => openTest().store;
  const own = (key: PartitionKey): Promise<Ownership> => open().own(key, counting);

  describe(name, () => {
    test('a first owner begins a generation at the start of the log', async () => {
      const ownership = await own(freshKey());
      assert.equal(ownership.generation, 1);
      const state = await open().restore(ownership, codecs);
      assert.deepEqual(state, {
        replayFrom: 100,
        nextOffset: 100,
        head: null,
        lastRecord: null,
        shards: [],
        deltas: [],
      });
    });

    test('what was committed is restored, deltas in the order of the log', async () => {
      const ownership = await own(freshKey());
      await open().commit(ownership, checkpoint(100, 110));
      await open().commit(ownership, checkpoint(110, 125));
      const state = await open().restore(ownership, codecs);
      assert.equal(state.nextOffset, 125);
      assert.deepEqual(state.head, { watermarkMs: 125 });
      assert.deepEqual(state.lastRecord, { offset: 124, appendTimeMs: 1_700_000_000_000, hash: 'abc' });
      const deltas = state.deltas.map((delta) => [delta.from, delta.to, Buffer.from(delta.bytes).toString()]);
      assert.deepEqual(deltas, [
        [100, 110, 'applied 100..110'],
        [110, 125, 'applied 110..125'],
      ]);
    });

    test('a new owner has a higher epoch, and the former one can neither commit, restore nor raise its epoch', async () => {
      const key = freshKey();
      const former = await own(key);
      await open().commit(former, checkpoint(100, 110));
      const next = await own(key);
      assert.ok(next.epoch > former.epoch);
      assert.deepEqual(await open().standings([next, former]), [
        { isOwner: true, epoch: next.epoch },
        { isOwner: false, epoch: next.epoch },
      ]);
      await assert.rejects(open().commit(former, checkpoint(110, 120)), (error) => {
        assert.ok(error instanceof FencedError);
        assert.deepEqual([error.ownEpoch, error.foundEpoch], [former.epoch, next.epoch]);
        return true;
      });
      await assert.rejects(open().restore(former, codecs), coded('FENCED'));
      await assert.rejects(open().raiseEpoch(former), coded('FENCED'));
      assert.equal((await open().restore(next, codecs)).nextOffset, 110);
    });

    test('a checkpoint that does not begin where the last one ended stores nothing', async () => {
      const ownership = await own(freshKey());
      await open().commit(ownership, checkpoint(100, 110));
      await assert.rejects(open().commit(ownership, checkpoint(100, 120)), coded('FENCED'));
      await assert.rejects(open().commit(ownership, checkpoint(111, 120)), coded('FENCED'));
      assert.equal((await open().restore(ownership, codecs)).nextOffset, 110);
    });

    test('a partition that nobody ever owned has no standing', async () => {
      const owner = '00000000-0000-4000-8000-000000000000';
      const [standing] = await open().standings([
        { key: freshKey(), generation: 1, epoch: 1, owner, candlesFromMs: 0, topicId: null },
      ]);
      assert.deepEqual(standing, { isOwner: false, epoch: null });
    });

    test('the topic that was counted first is remembered, until a rebuild counts another one', async () => {
      const key = freshKey();
      assert.equal((await own(key)).topicId, null);
      assert.equal((await open().own(key, { ...counting, topicId: 'none of it' })).topicId, 'none of it');
      const ownership = await open().own(key, { ...counting, topicId: 'first' });
      assert.equal(ownership.topicId, 'first');
      await open().commit(ownership, checkpoint(100, 110));
      assert.equal((await open().own(key, { ...counting, topicId: 'second' })).topicId, 'first');
      assert.equal((await own(key)).topicId, 'first');
      const plan = { ...counting, topicId: 'second', supersedes: 1, candlesFromMs: 0, worker: 'test' };
      const rebuild = await open().beginRebuild(key, plan);
      await rebuild.switchOver({ nextOffset: 100, head: null, lastRecord: null });
      await rebuild.close();
      assert.equal((await open().own(key, { ...counting, topicId: 'second' })).topicId, 'second');
    });

    test('raising the epoch keeps the owner', async () => {
      const ownership = await own(freshKey());
      const raised = await open().raiseEpoch(ownership);
      assert.equal(raised.epoch, ownership.epoch + 1);
      assert.deepEqual(await open().standings([raised]), [{ isOwner: true, epoch: raised.epoch }]);
      await open().commit(raised, checkpoint(100, 110));
    });

    test('other rules or another partition count are refused, and the stored state stays', async () => {
      const key = freshKey();
      const ownership = await own(key);
      await assert.rejects(open().own(key, { ...counting, rulesHash: 'other' }), coded('RULES_CHANGED'));
      await assert.rejects(open().own(key, { ...counting, partitionCount: 6 }), coded('PARTITION_COUNT_CHANGED'));
      const [standing] = await open().standings([ownership]);
      assert.equal(standing!.isOwner, true, 'a refused owner takes nothing over');
    });

    test('bases replace the deltas that all of them contain', async () => {
      const ownership = await own(freshKey());
      await open().commit(
        ownership,
        checkpoint(100, 110, { shards: [{ shard: 0, atOffset: 110, bytes: bytes('zero at 110') }] }),
      );
      await open().commit(
        ownership,
        checkpoint(110, 120, {
          // One that took since the last checkpoint, and one that is too long to travel with others.
          shards: [
            { shard: 1, atOffset: 110, bytes: bytes('one at 110') },
            { shard: 2, atOffset: 120, bytes: Buffer.alloc(100_000, 'two at 120') },
          ],
          replayFrom: 110,
        }),
      );
      await open().commit(ownership, checkpoint(120, 130, { replayFrom: 110 }));
      const state = await open().restore(ownership, codecs);
      assert.equal(state.replayFrom, 110);
      assert.deepEqual(
        new Map(state.shards.map(({ shard, atOffset }) => [shard, atOffset])),
        new Map([
          [0, 110],
          [1, 110],
          [2, 120],
        ]),
      );
      assert.ok(
        state.shards
          .find(({ shard }) => shard === 2)!
          .bytes.every((byte, at) => byte === 'two at 120'.charCodeAt(at % 10)),
      );
      assert.deepEqual(
        state.deltas.map(({ from, to }) => [from, to]),
        [
          [110, 120],
          [120, 130],
        ],
      );
    });

    test('a codec that this release does not read is refused by name', async () => {
      const ownership = await own(freshKey());
      await open().commit(ownership, checkpoint(100, 110, { codec: 7 }));
      await assert.rejects(open().restore(ownership, codecs), coded('CODEC_UNKNOWN'));
    });

    test('a checkpoint in which only time passed moves the head and adds no delta', async () => {
      const ownership = await own(freshKey());
      await open().commit(ownership, checkpoint(100, 110));
      await open().commit(ownership, checkpoint(110, 110, { head: { forgotten: 1 }, delta: new Uint8Array() }));
      const state = await open().restore(ownership, codecs);
      assert.deepEqual(state.head, { forgotten: 1 });
      assert.equal(state.deltas.length, 1);
    });

    test('a partition beside others that were counted over another number of partitions is refused, not begun', async () => {
      const ownership = await own(freshKey());
      const beside = { ...ownership.key, partition: 10_000 };
      await assert.rejects(open().own(beside, { ...counting, partitionCount: 13 }), coded('PARTITION_COUNT_CHANGED'));
      assert.equal(await open().serving(beside), null);
    });

    testRebuildConformance(openTest);
  });
}
