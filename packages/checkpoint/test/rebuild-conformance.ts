import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PartitionKey } from '../src/checkpoint.ts';
import type { RebuildPlan } from '../src/rebuild.ts';
import { bytes, checkpoint, codecs, coded, counting, freshKey, type StoreUnderTest } from './fixtures.ts';

const minuteMs = 60_000;
/** Both are of partition 0 of 12. */
const tokens = ['t3', 't14'] as const;
/** Of partition 8 of 12. */
const elsewhere = 'moves';

function candle(minute: number, trades: number, token: string = tokens[0]) {
  const price = { open: '1', high: '1', low: '1', close: '1' };
  return { token, minuteMs: minute * minuteMs, ...price, volumeUsd: '1', volume: '1', trades, final: false };
}

function seen(token: string) {
  return { token, symbol: null, name: null, firstSeenMs: 1, lastSeenMs: 1 };
}

const progress = { nextOffset: 120, endOffset: 130 };
const rebuilt = { nextOffset: 125, head: { watermarkMs: 7 }, lastRecord: { offset: 124, appendTimeMs: 5, hash: 'x' } };

function planned(supersedes: number, more: Partial<RebuildPlan> = {}): RebuildPlan {
  return { ...counting, supersedes, candlesFromMs: 0, worker: 'test', ...more };
}

/** What every store guarantees of a state that is made anew. */
export function testRebuildConformance(openTest: () => StoreUnderTest): void {
  const open = () => openTest().store;

  /** Minute and generation of each candle that readers see, with its trades. */
  async function candlesOf(key: PartitionKey): Promise<[number, number, number][]> {
    const serving = await open().serving(key);
    const rows = await openTest().candles(key.groupId, serving!.generation);
    return rows
      .filter(({ token }) => tokens.some((one) => one === token))
      .map(({ minuteMs: atMs, generation, trades }): [number, number, number] => [atMs / minuteMs, generation, trades])
      .toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  }

  test('a rebuild is unseen until it is switched over; then its owner is nobody and the former one is fenced', async () => {
    const key = freshKey();
    const former = await open().own(key, counting);
    await open().commit(former, checkpoint(100, 110, { shards: [{ shard: 0, atOffset: 110, bytes: bytes('old') }] }));
    const rebuild = await open().beginRebuild(key, planned(1, { startOffset: 104 }));
    assert.equal(rebuild.generation, 2);
    await rebuild.write(progress, { candles: [], tokens: [] });
    await rebuild.writeShards(1, [{ shard: 0, atOffset: 125, bytes: bytes('zero') }]);
    await rebuild.writeShards(1, [{ shard: 5, atOffset: 125, bytes: bytes('five') }]);

    await open().commit(former, checkpoint(110, 120));
    assert.equal((await open().restore(former, codecs)).nextOffset, 120, 'the former generation serves and goes on');

    await rebuild.switchOver(rebuilt);
    await rebuild.close();
    await assert.rejects(open().commit(former, checkpoint(120, 130)), coded('FENCED'));
    const next = await open().own(key, counting);
    assert.equal(next.generation, 2);
    assert.ok(next.epoch > former.epoch + 1);
    const state = await open().restore(next, codecs);
    const { shards, ...rest } = state;
    assert.deepEqual(rest, { ...rebuilt, replayFrom: 125, deltas: [] });
    assert.deepEqual(
      shards.map((shard) => [shard.shard, shard.atOffset, Buffer.from(shard.bytes).toString()]),
      [
        [0, 125, 'zero'],
        [5, 125, 'five'],
      ],
    );
    assert.equal((await open().serving(key))!.startOffset, 104);
    assert.deepEqual(await open().generations(key), new Map([[0, 2]]));
    await open().commit(next, checkpoint(125, 130, { replayFrom: 125 }));
  });

  test('a rebuild may change the rules and the number of partitions, and partitions that are no more go', async () => {
    const key = freshKey();
    await open().own({ ...key, partition: 11 }, counting);
    await open().own(key, counting);
    const other = { ...counting, rulesHash: 'other', partitionCount: 3 };
    const rebuild = await open().beginRebuild(key, planned(1, other));
    await rebuild.switchOver(rebuilt);
    await rebuild.close();
    await assert.rejects(open().own(key, counting), coded('PARTITION_COUNT_CHANGED'));
    assert.equal((await open().own(key, other)).generation, 2);
    assert.equal(await open().serving({ ...key, partition: 11 }), null);
    assert.equal((await open().own({ ...key, partition: 1 }, other)).generation, 2, 'a new neighbour begins no lower');
    const beside = { ...key, partition: 2 };
    const neighbour = await open().beginRebuild(beside, planned(0, other));
    assert.equal(neighbour.generation, 3, 'nor does one that is rebuilt, and above any owner who begins beside it');
    await neighbour.close();
    const again = await open().beginRebuild(beside, planned(0, { ...other, partitionCount: 4 }));
    assert.equal(again.generation, 3, 'above those of another number of partitions');
    await again.close();
  });

  test('a partition that was never counted can be rebuilt', async () => {
    const key = freshKey();
    const rebuild = await open().beginRebuild(key, planned(0));
    await rebuild.switchOver(rebuilt);
    await rebuild.close();
    assert.equal((await open().own(key, counting)).generation, 2);
  });

  test('a rebuild of a partition that somebody begins to count meanwhile comes too late, and leaves that as it is', async () => {
    const key = freshKey();
    const rebuild = await open().beginRebuild(key, planned(0));
    await rebuild.write(progress, { candles: [candle(1, 9)], tokens: [seen(tokens[0])] });
    await rebuild.writeShards(1, [{ shard: 0, atOffset: 125, bytes: bytes('rebuilt') }]);
    const owner = await open().own(key, counting);
    const shards = [{ shard: 1, atOffset: 110, bytes: bytes('owned') }];
    await open().commit(owner, checkpoint(100, 110, { candles: [candle(2, 1)], shards }));
    await assert.rejects(rebuild.switchOver(rebuilt), coded('FENCED'));
    await rebuild.close();
    assert.deepEqual(
      (await open().restore(owner, codecs)).shards.map(({ shard }) => shard),
      [1],
    );
    assert.deepEqual(await candlesOf(key), [[2, owner.generation, 1]]);
  });

  test('a partition that is new beside rebuilt ones inherits the candles of the tokens that come to it', async () => {
    const key = freshKey();
    const owner = await open().own(key, { ...counting, partitionCount: 1 });
    const older = [candle(1, 1, elsewhere)];
    await open().commit(owner, checkpoint(100, 110, { candles: older, tokens: [seen(elsewhere)] }));
    const rebuild = await open().beginRebuild(key, planned(1));
    await rebuild.switchOver(rebuilt);
    await rebuild.close();
    const next = await open().own({ ...key, partition: 8 }, counting);
    const candles = [candle(1, 9, elsewhere), candle(2, 9, elsewhere)];
    await open().commit(next, checkpoint(100, 110, { candles }));
    const rows = await openTest().candles(key.groupId, next.generation);
    assert.deepEqual(
      rows.map(({ minuteMs: atMs, trades }) => [atMs / minuteMs, trades]).toSorted((a, b) => a[0]! - b[0]!),
      [
        [1, 1],
        [2, 9],
      ],
    );
  });

  test('one process rebuilds a partition: another is refused, and may begin once the first has closed', async () => {
    const key = freshKey();
    const first = await open().beginRebuild(key, planned(0));
    await assert.rejects(open().beginRebuild(key, planned(0)), coded('REBUILD_RUNNING'));
    const beside = await open().beginRebuild({ ...key, partition: 1 }, planned(0));
    await beside.close();
    await first.switchOver(rebuilt);
    await first.close();
    await assert.rejects(open().beginRebuild(key, planned(0)), coded('REBUILD_RUNNING'), 'planned before the switch');
    await (await open().beginRebuild(key, planned(2))).close();
  });

  test('a rebuild that is given up leaves nothing behind', async () => {
    const key = freshKey();
    const owner = await open().own(key, counting);
    await open().commit(owner, checkpoint(100, 110, { candles: [candle(1, 1)], tokens: [seen(tokens[0])] }));
    const rebuild = await open().beginRebuild(key, planned(1));
    await rebuild.write(progress, { candles: [candle(1, 9), candle(2, 9)], tokens: [] });
    await rebuild.writeShards(1, [{ shard: 0, atOffset: 125, bytes: bytes('zero') }]);
    await rebuild.close();
    const again = await open().beginRebuild(key, planned(1));
    await again.switchOver(rebuilt);
    await again.close();
    assert.deepEqual((await open().restore(await open().own(key, counting), codecs)).shards, []);
    assert.deepEqual(await candlesOf(key), [], 'minutes that nobody counted again are gone');
  });

  test('candles of minutes before the rebuilt ones are inherited, later ones are of the new generation alone', async () => {
    const key = freshKey();
    const owner = await open().own(key, counting);
    const older = [1, 2, 3, 4].map((minute) => candle(minute, 1));
    await open().commit(owner, checkpoint(100, 110, { candles: older, tokens: tokens.map((token) => seen(token)) }));
    const rebuild = await open().beginRebuild(key, planned(1, { candlesFromMs: 3 * minuteMs }));
    // Minute 2 is not complete in what is counted again, minute 4 has no swap in it, minutes 0 and 5 are new.
    const candles = [0, 2, 3, 5].map((minute) => candle(minute, 9));
    await rebuild.write(progress, { candles, tokens: [seen(tokens[1])] });
    assert.deepEqual(
      await candlesOf(key),
      [1, 2, 3, 4].map((minute) => [minute, 1, 1]),
    );
    // The former owner is still at work, also on a minute that was new a moment ago.
    await open().commit(owner, checkpoint(110, 115, { candles: [candle(0, 2), candle(6, 2)] }));
    await rebuild.switchOver(rebuilt);
    await rebuild.close();
    const inherited = [
      [0, 1, 2],
      [1, 1, 1],
      [2, 1, 1],
    ];
    assert.deepEqual(await candlesOf(key), [...inherited, [3, 2, 9], [5, 2, 9]]);

    const next = await open().own(key, counting);
    assert.equal(next.candlesFromMs, 3 * minuteMs);
    const late = [candle(2, 5), { token: tokens[0], minuteMs, removed: true as const }, candle(3, 10)];
    await open().commit(next, checkpoint(125, 130, { candles: late, replayFrom: 125 }));
    assert.deepEqual(await candlesOf(key), [...inherited, [3, 2, 10], [5, 2, 9]]);
  });

  test('every token that a partition ever counted is known, and none of another partition', async () => {
    const key = freshKey();
    const owner = await open().own(key, counting);
    await open().commit(owner, checkpoint(100, 110, { tokens: [seen(tokens[0]), seen('t0')] }));
    const known = await open().knownTokens(key, 12);
    assert.ok(known.includes(tokens[0]));
    assert.ok(!known.includes('t0'));
  });
}
