import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Version } from '@tidemark/wire';
import { createTestHub, FakePeer, heartbeat, put } from './fakes.ts';
import { resumeReachMs } from './forgotten-tokens.ts';
import { Lane } from './lane.ts';
import { allWindows, selectWindows } from './token-state.ts';

describe('a subscriber', () => {
  test('gets a snapshot of each token first, then updates', () => {
    const { publish, join } = createTestHub();
    publish('a', 1);
    const { peer } = join(['a', 'b']);
    assert.deepEqual(peer.take(), ['snapshot a@1']);
    publish('a', 2);
    publish('b', 3);
    publish('b', 4);
    publish('c', 5);
    assert.deepEqual(peer.take(), ['update a@2', 'snapshot b@3', 'update b@4']);
  });

  test('never gets an older version, nor the same one twice', () => {
    const { hub, publish, join } = createTestHub();
    const { peer } = join(['a']);
    publish('a', 5);
    publish('a', 5);
    publish('a', 4);
    put(hub, 'a', [1, 5, 1, 6]);
    put(hub, 'a', [1, 5, 0, 9]);
    assert.deepEqual(
      peer.received.map(({ version }) => version),
      [
        [1, 5, 1, 5],
        [1, 5, 1, 6],
      ],
    );
  });

  test('of everything gets also the tokens that come later', () => {
    const { publish, join } = createTestHub();
    publish('a', 1);
    const { peer } = join('*');
    publish('b', 2);
    publish('a', 3);
    assert.deepEqual(peer.take(), ['snapshot a@1', 'snapshot b@2', 'update a@3']);
  });

  test('of everything gets a token that it also names once, by the subscription that names it', () => {
    const { hub, publish, join } = createTestHub();
    const { peer, session } = join('*', { batch: true });
    const { session: other } = join(['a']);
    publish('a', 1);
    peer.take();
    hub.unsubscribe(other, 'a');
    assert.equal(other.names('a'), false);
    publish('a', 2);
    assert.deepEqual(peer.take(), ['updates a@2']);
    hub.close(session);
    publish('a', 3);
    assert.deepEqual(peer.take(), []);
  });

  test('gets nothing any more of a token it has left', () => {
    const { hub, publish, join } = createTestHub();
    const { peer, session } = join(['a', 'b']);
    hub.unsubscribe(session, 'a');
    publish('a', 1);
    publish('b', 1);
    assert.deepEqual(peer.take(), ['snapshot b@1']);
  });

  test('gets the newest value once when it changes before its snapshot was sent', () => {
    const { hub, publish } = createTestHub();
    publish('a', 1);
    const peer = new FakePeer();
    const lane = new Lane({ selection: allWindows, minIntervalMs: 0, batch: false, since: new Map() });
    hub.subscribe(hub.open(peer), 'a', lane);
    publish('a', 2);
    assert.deepEqual(peer.take(), ['snapshot a@2']);
  });

  test('of some windows gets these alone', () => {
    const { publish, join } = createTestHub();
    const { peer } = join(['a'], { selection: selectWindows(['1h']) });
    publish('a', 1);
    assert.deepEqual(Object.keys(peer.received[0]!.windows!), ['1h']);
  });
});

describe('a frame', () => {
  test('is serialised once for all who get the same', () => {
    const { publish, join } = createTestHub();
    const peers = [
      join(['a']).peer,
      join('*').peer,
      join(['a'], { selection: selectWindows(['5m']) }).peer,
      join('*', { selection: selectWindows(['5m']) }).peer,
    ];
    publish('a', 1);
    const [all, alsoAll, some, alsoSome] = peers.map(({ frames }) => frames[0]);
    assert.equal(all, alsoAll);
    assert.equal(some, alsoSome);
    assert.notEqual(all, some);
  });

  test('of grouped updates is shared too, and holds the values of its moment', () => {
    const { hub, publish, join } = createTestHub();
    publish('a', 1);
    publish('b', 1);
    const peers = [join('*', { batch: true }).peer, join(['a', 'b'], { batch: true }).peer];
    for (const peer of peers) assert.deepEqual(peer.take(), ['snapshot a@1', 'snapshot b@1']);
    put(hub, 'a', [1, 2, 1, 2]);
    put(hub, 'b', [1, 3, 1, 3]);
    hub.flush();
    for (const peer of peers) assert.deepEqual(peer.take(), ['updates a@2', 'updates b@3']);
    assert.equal(peers[0]!.frames.at(-1), peers[1]!.frames.at(-1));
    put(hub, 'a', [1, 4, 1, 4]);
    put(hub, 'b', [1, 5, 1, 5]);
    hub.flush();
    assert.deepEqual(peers[0]!.take(), ['updates a@4', 'updates b@5']);
  });
});

describe('a mark', () => {
  test('comes for the partitions of the subscription alone, and never goes back', () => {
    const { hub, beat, join } = createTestHub({ partitionCount: 4 });
    const { peer } = join(['a']);
    const { peer: everything } = join('*');
    const own = hub.partitionOf('a');
    for (let partition = 0; partition < 4; partition++) beat(5, partition);
    beat(4, own);
    beat(5, own);
    assert.deepEqual(peer.take(), [`mark ${own}@5`]);
    assert.equal(everything.take().length, 4);
  });

  test('waits for the grouped updates that it covers', () => {
    const { hub, join } = createTestHub();
    put(hub, 'a', [1, 1, 1, 1]);
    const { peer } = join(['a'], { batch: true });
    put(hub, 'a', [1, 2, 1, 2]);
    hub.heartbeat(heartbeat(0, [1, 2, 1, 3]));
    hub.flush();
    assert.deepEqual(peer.take(), ['snapshot a@1', 'updates a@2', 'mark 0@2']);
  });

  test('waits for a paced update, and is not put off for ever by later ones', () => {
    const { publish, beat, pass, join } = createTestHub();
    const { peer } = join(['a', 'b'], { minIntervalMs: 1_000 });
    const marks: string[] = [];
    for (let step = 1; step <= 100; step++) {
      publish(step % 2 === 0 ? 'a' : 'b', step);
      if (step % 5 === 0) beat(step);
      pass(100);
      marks.push(...peer.take().filter((frame) => frame.startsWith('mark')));
    }
    assert.ok(marks.length >= 8, `${marks.length} marks in 10 s`);
  });

  test('waits for the snapshots of a subscription of everything', () => {
    const { publish, beat, join } = createTestHub();
    for (let n = 1; n <= 100; n++) publish(`t${n}`, n);
    const { peer } = join('*', {}, new FakePeer({ stalled: true }));
    beat(200);
    peer.readAll();
    const frames = peer.take();
    assert.equal(frames.length, 101);
    assert.equal(frames.at(-1), 'mark 0@200');
  });
});

describe('a paced subscriber', () => {
  test('gets a token at most once in the interval, and then the newest value', () => {
    const { publish, pass, join } = createTestHub();
    publish('a', 1);
    const { peer } = join(['a'], { minIntervalMs: 250 });
    for (let offset = 2; offset <= 21; offset++) {
      publish('a', offset);
      pass(50);
    }
    // The snapshot began the first interval; 20 values came within a second.
    assert.deepEqual(peer.take(), ['snapshot a@1', 'update a@6', 'update a@11', 'update a@16', 'update a@21']);
  });
});

describe('a paced and slow subscriber', () => {
  test('gets a token once in the interval also when its turn is cut short by a full buffer', () => {
    const { publish, pass, join } = createTestHub({ limits: { maxBufferedBytes: 1_000 } });
    const { peer } = join(['a', 'b', 'c'], { minIntervalMs: 1_000 });
    pass(1_000);
    peer.stalled = true;
    for (const token of ['a', 'b', 'c']) publish(token, 1);
    pass(1_000);
    publish('a', 2);
    peer.stalled = false;
    peer.readAll();
    // The second turn began with b and c owed; the new value of a belongs to the third.
    assert.deepEqual(peer.take(), ['snapshot a@1', 'snapshot b@1', 'snapshot c@1']);
    pass(1_000);
    assert.deepEqual(peer.take(), ['update a@2']);
  });
});

describe('a slow client', () => {
  test('is owed tokens rather than values, within the limit of its buffer', () => {
    const { publish, beat, join } = createTestHub({ limits: { maxBufferedBytes: 2_000 } });
    const { peer } = join(['a', 'b']);
    publish('a', 1);
    publish('b', 1);
    peer.take();
    peer.stalled = true;
    for (let offset = 2; offset <= 500; offset++) {
      publish('a', offset);
      publish('b', offset);
    }
    beat(500);
    assert.ok(peer.greatestBufferedBytes < 3_000, `${peer.greatestBufferedBytes} bytes`);
    peer.readAll();
    const frames = peer.take();
    assert.ok(frames.length < 10, `${frames.length} frames`);
    assert.deepEqual(frames.slice(-3), ['update a@500', 'update b@500', 'mark 0@500']);
  });

  test('does not keep others waiting', () => {
    const { publish, join } = createTestHub({ limits: { maxBufferedBytes: 2_000 } });
    const { peer: slow } = join('*');
    const { peer: quick } = join('*');
    slow.stalled = true;
    for (let offset = 1; offset <= 100; offset++) publish('a', offset);
    assert.equal(quick.take().length, 100);
  });

  test('that stays full past the grace period is closed with 1013', () => {
    const { hub, publish, pass, join } = createTestHub({
      limits: { maxBufferedBytes: 1_000, slowClientGraceMs: 5_000 },
    });
    const { peer } = join(['a']);
    peer.stalled = true;
    publish('a', 1);
    publish('a', 2);
    pass(4_900);
    hub.closeSlow();
    assert.equal(peer.closedWith, null);
    pass(200);
    hub.closeSlow();
    assert.equal(peer.closedWith, 1013);
  });

  test('that empties its buffer in time may go on', () => {
    const { hub, publish, pass, join } = createTestHub({
      limits: { maxBufferedBytes: 1_000, slowClientGraceMs: 5_000 },
    });
    const { peer } = join(['a']);
    for (let offset = 1; offset <= 20; offset++) {
      peer.stalled = true;
      publish('a', offset * 2);
      publish('a', offset * 2 + 1);
      pass(4_000);
      hub.closeSlow();
      peer.stalled = false;
      peer.readAll();
    }
    assert.equal(peer.closedWith, null);
  });

  test('that is owed more tokens than the limit is closed with 1013', () => {
    const { publish, join } = createTestHub({ limits: { maxBufferedBytes: 1_000, maxPendingTokens: 10 } });
    const { peer } = join('*');
    peer.stalled = true;
    for (let n = 0; n < 50; n++) publish(`t${n}`, n + 1);
    assert.equal(peer.closedWith, 1013);
  });

  test('that asks without reading the answers is closed', () => {
    const { join } = createTestHub({ limits: { maxBufferedBytes: 1_000 } });
    const { peer, session } = join([]);
    peer.stalled = true;
    for (let n = 0; n < 50; n++) session.delivery.reply(Buffer.alloc(100));
    assert.equal(peer.closedWith, 1013);
    assert.ok(peer.greatestBufferedBytes <= 2_100);
  });

  test('of everything gets the snapshots as fast as it reads, the values of that moment, and each token once', () => {
    const { publish, join } = createTestHub({ limits: { maxBufferedBytes: 4_000 } });
    for (let n = 1; n <= 50; n++) publish(`t${n}`, n);
    const { peer } = join('*', {}, new FakePeer({ stalled: true }));
    for (let n = 1; n <= 50; n++) publish(`t${n}`, 100 + n);
    assert.ok(peer.greatestBufferedBytes < 6_000, `${peer.greatestBufferedBytes} bytes`);
    peer.readAll();
    const newest = new Map<string, number>();
    for (const frame of peer.take()) {
      const [, kind, token, offset] = /^(\w+) (\w+)@(\d+)$/.exec(frame)!;
      assert.equal(kind, newest.has(token!) ? 'update' : 'snapshot');
      newest.set(token!, Number(offset));
    }
    assert.deepEqual(
      [...newest.values()].toSorted((a, b) => a - b),
      Array.from({ length: 50 }, (_, n) => 101 + n),
    );
  });
});

describe('a tombstone', () => {
  test('is an update to zero with the version of the next heartbeat', () => {
    const { hub, publish, beat, join } = createTestHub();
    publish('a', 1);
    const { peer } = join('*');
    hub.tombstone('a');
    hub.flush();
    assert.deepEqual(peer.take(), ['snapshot a@1']);
    beat(9);
    assert.deepEqual(peer.take(), ['update a@9', 'mark 0@9']);
    const { peer: late } = join('*');
    assert.deepEqual(late.take(), []);
    publish('a', 10);
    assert.deepEqual(late.take(), ['snapshot a@10']);
  });

  test('followed by a value before the heartbeat has no effect', () => {
    const { hub, publish, beat, join } = createTestHub();
    publish('a', 1);
    const { peer } = join(['a']);
    hub.tombstone('a');
    publish('a', 2);
    beat(3);
    assert.deepEqual(peer.take(), ['snapshot a@1', 'update a@2', 'mark 0@3']);
  });

  test('cannot be undone by an older value', () => {
    const { hub, publish, beat, join } = createTestHub();
    publish('a', 1);
    hub.tombstone('a');
    beat(9);
    const { peer } = join(['a']);
    publish('a', 8);
    assert.deepEqual(peer.take(), ['snapshot a@9']);
  });
});

function versionAt(offset: number): Version {
  return [1, offset, 1, offset];
}

describe('a client that resumes', () => {
  test('gets only what is newer than the marks it has seen, also what was forgotten meanwhile', () => {
    const { hub, publish, beat, join } = createTestHub();
    publish('old', 1);
    publish('gone', 2);
    publish('changed', 3);
    beat(3);
    publish('changed', 4);
    hub.tombstone('gone');
    beat(5);
    const since = hub.resumable(new Map([[0, versionAt(3)]]));
    assert.deepEqual(join('*', { since }).peer.take().toSorted(), ['snapshot changed@4', 'snapshot gone@5']);
    assert.deepEqual(join(['old', 'changed'], { since }).peer.take(), ['snapshot changed@4']);
  });

  test('is never taken back by a gateway that is behind', () => {
    const { hub, publish, beat, join } = createTestHub();
    publish('a', 1);
    beat(1);
    const since = hub.resumable(new Map([[0, versionAt(5)]]));
    const { peer } = join('*', { since });
    publish('a', 4);
    beat(4);
    publish('a', 6);
    beat(7);
    publish('a', 8);
    assert.deepEqual(peer.take(), ['update a@6', 'mark 0@7', 'update a@8']);
  });

  test('gets everything when its mark is over a day old, far ahead, or of an unknown partition', () => {
    const { hub, beat } = createTestHub();
    beat(resumeReachMs * 2);
    const resumable = (offset: number, partition = 0) => hub.resumable(new Map([[partition, versionAt(offset)]])).size;
    assert.equal(resumable(resumeReachMs), 1);
    assert.equal(resumable(resumeReachMs - 1), 0);
    assert.equal(resumable(resumeReachMs * 2 + 60_000), 1);
    assert.equal(resumable(resumeReachMs * 2 + 60_001), 0);
    assert.equal(resumable(resumeReachMs * 2, 7), 0);
  });

  test('gets everything when more tokens were forgotten than are remembered', () => {
    const { hub, publish, beat } = createTestHub({ limits: { maxForgottenTokens: 2 } });
    for (let n = 1; n <= 3; n++) {
      publish(`t${n}`, n);
      hub.tombstone(`t${n}`);
      beat(n * 10);
    }
    assert.equal(hub.tokenCount, 2);
    assert.equal(hub.resumable(new Map([[0, versionAt(9)]])).size, 0);
    assert.equal(hub.resumable(new Map([[0, versionAt(10)]])).size, 1);
  });
});
