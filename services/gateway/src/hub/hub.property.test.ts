import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, type Random } from '@tidemark/testing';
import { compareVersions, type Version } from '@tidemark/wire';
import { createTestHub, FakePeer, heartbeat, put, type Received } from './fakes.ts';
import type { Hub } from './hub.ts';
import { selectWindows } from './token-state.ts';

const runs = 60;
const steps = 600;
const tokens = Array.from({ length: 24 }, (_, n) => `t${n}`);
const partitionCount = 3;
const limits = { maxBufferedBytes: 3_000, slowClientGraceMs: 1_000_000 };
/** A value, a mark or an answer; a grouped frame holds all that fits the limit of items. */
const largestFrameBytes = 40_000;

/** What the hub was told, kept naively: the newest version of each token, and of each at every heartbeat. */
class Log {
  readonly newest = new Map<string, Version>();
  readonly atHeartbeat = new Map<string, Map<string, Version>>();
  #offset = 0;

  publish(hub: Hub, token: string): void {
    this.#offset += 1;
    const version: Version = [1, this.#offset, 1, this.#offset];
    this.newest.set(token, version);
    put(hub, token, version);
  }

  beat(hub: Hub, partition: number): void {
    const version: Version = [1, this.#offset, 1, this.#offset + 1];
    const covered = [...this.newest].filter(([token]) => hub.partitionOf(token) === partition);
    this.atHeartbeat.set(`${partition} ${version.join()}`, new Map(covered));
    hub.heartbeat(heartbeat(partition, version));
  }
}

function subscription(random: Random) {
  return {
    minIntervalMs: random.pick([0, 0, 50, 400]),
    batch: random.chance(0.3),
    selection: selectWindows(random.pick([undefined, ['5m']])),
  };
}

/** Follows a client's frames: versions of a token rise, and a mark never comes before what it covers. */
function check(frames: readonly Received[], followed: ReadonlySet<string>, log: Log): Map<string, Version> {
  const seen = new Map<string, Version>();
  const marks = new Map<number, Version>();
  for (const frame of frames) {
    if (frame.type === 'mark') {
      const { partition, version } = frame as { partition: number; version: Version };
      const before = marks.get(partition);
      assert.ok(before === undefined || compareVersions(version, before) > 0, 'marks rise');
      marks.set(partition, version);
      for (const [token, covered] of log.atHeartbeat.get(`${partition} ${version.join()}`)!) {
        if (!followed.has(token)) continue;
        const held = seen.get(token);
        assert.ok(
          held !== undefined && compareVersions(held, covered) >= 0,
          `mark ${version.join()} before ${token}@${covered.join()}`,
        );
      }
      continue;
    }
    for (const { token, version } of (frame.items ?? [frame]) as { token: string; version: Version }[]) {
      const before = seen.get(token);
      assert.equal(frame.type === 'snapshot', before === undefined, `${frame.type} of ${token}`);
      assert.ok(before === undefined || compareVersions(version, before) > 0, `${token} rises`);
      seen.set(token, version);
    }
  }
  return seen;
}

for (let run = 0; run < runs; run++) {
  const seed = 20_260 + run;
  test(`whatever clients read or leave, each ends with the newest values in bounded memory (seed ${seed})`, () => {
    const random = createRandom(seed);
    const { hub, pass, join } = createTestHub({ partitionCount, limits });
    const log = new Log();
    const clients: { peer: FakePeer; followed: Set<string> }[] = [];
    for (let step = 0; step < steps; step++) {
      if (clients.length < 6 && random.chance(0.05)) {
        const named = tokens.filter(() => random.chance(0.4));
        const everything = random.chance(0.4);
        const { peer } = join(
          everything ? '*' : named,
          subscription(random),
          new FakePeer({ stalled: random.chance(0.5) }),
        );
        clients.push({ peer, followed: new Set(everything ? tokens : named) });
      }
      for (let count = random.int(6); count > 0; count--) log.publish(hub, random.pick(tokens));
      if (random.chance(0.2)) log.beat(hub, random.int(partitionCount));
      if (random.chance(0.8)) hub.flush();
      pass(random.int(60));
      for (const { peer } of clients) {
        if (random.chance(0.1)) peer.stalled = !peer.stalled;
        if (random.chance(0.5)) peer.read(random.int(4));
      }
    }
    hub.flush();
    // Everyone reads on; two of the longest intervals pass.
    for (let round = 0; round < 4; round++) {
      for (const { peer } of clients) {
        peer.stalled = false;
        peer.readAll();
      }
      pass(400);
    }
    for (const { peer, followed } of clients) {
      const seen = check(peer.received, followed, log);
      for (const token of followed) assert.deepEqual(seen.get(token), log.newest.get(token), `newest of ${token}`);
      assert.ok(peer.greatestBufferedBytes <= limits.maxBufferedBytes + largestFrameBytes);
    }
  });
}
