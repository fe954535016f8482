import { emptyWindow } from '@tidemark/domain';
import type { Heartbeat, Version } from '@tidemark/wire';
import type { CloseCode } from '../close-codes.ts';
import { Hub } from './hub.ts';
import { Lane, type LaneOptions } from './lane.ts';
import type { Limits } from './limits.ts';
import type { Peer } from './peer.ts';
import type { Session } from './session.ts';
import { allWindows } from './token-state.ts';

/** For tests: a far end that reads when told to. */
export class FakePeer implements Peer {
  /** Read by the client, parsed. */
  readonly received: Received[] = [];
  /** Read by the client, as sent. */
  readonly frames: Buffer[] = [];
  closedWith: CloseCode | null = null;
  greatestBufferedBytes = 0;
  bufferedBytes = 0;
  /** While true, nothing is read but by `read` and `readAll`. */
  stalled: boolean;
  readonly #waiting: { frame: Buffer; onFlushed: (() => void) | undefined }[] = [];

  constructor({ stalled = false } = {}) {
    this.stalled = stalled;
  }

  send(frame: Buffer, onFlushed?: () => void): void {
    this.bufferedBytes += frame.length;
    this.greatestBufferedBytes = Math.max(this.greatestBufferedBytes, this.bufferedBytes);
    this.#waiting.push({ frame, onFlushed });
    if (!this.stalled) this.read(this.#waiting.length);
  }

  close(code: CloseCode): void {
    this.closedWith = code;
  }

  /** The client reads the next frames. */
  read(count: number): void {
    for (const { frame, onFlushed } of this.#waiting.splice(0, count)) {
      this.bufferedBytes -= frame.length;
      this.frames.push(frame);
      this.received.push(JSON.parse(frame.toString()) as Received);
      onFlushed?.();
    }
  }

  readAll(): void {
    while (this.#waiting.length > 0) this.read(1);
  }

  /** What was read since the last call, in short: `type token@offset` or `mark partition@offset`. */
  take(): string[] {
    return this.received
      .splice(0)
      .flatMap((frame) => (frame.items ? frame.items.map(short('updates')) : [short(frame.type)(frame)]));
  }
}

export interface Received {
  type: string;
  token?: string;
  partition?: number;
  version?: Version;
  windows?: Record<string, object>;
  items?: Received[];
}

function short(type: string) {
  return ({ token, partition, version }: Received) => `${type} ${token ?? partition}@${version?.[1]}`;
}

const generousLimits: Limits = {
  maxBufferedBytes: 4_000,
  maxPendingTokens: 10_000,
  slowClientGraceMs: 5_000,
  maxForgottenTokens: 1_000,
};

/** A hub on a clock that tests move. */
export function createTestHub({
  partitionCount = 1,
  limits = {},
}: {
  partitionCount?: number;
  limits?: Partial<Limits>;
} = {}) {
  let nowMs = 0;
  const timers: { atMs: number; callback: () => void }[] = [];
  const hub = new Hub({
    partitionCount,
    limits: { ...generousLimits, ...limits },
    now: () => nowMs,
    schedule: (waitMs, callback) => timers.push({ atMs: nowMs + waitMs, callback }),
  });
  return {
    hub,
    /** Publishes a value whose version has this offset, and flushes as after a batch. */
    publish(token: string, offset: number) {
      put(hub, token, [1, offset, 1, offset]);
      hub.flush();
    },
    beat(offset: number, partition = 0) {
      hub.heartbeat(heartbeat(partition, [1, offset, 1, offset]));
      hub.flush();
    },
    pass(ms: number) {
      nowMs += ms;
      for (const timer of timers.splice(0)) {
        if (timer.atMs <= nowMs) timer.callback();
        else timers.push(timer);
      }
    },
    join(
      tokens: string[] | '*',
      options: Partial<LaneOptions> = {},
      peer = new FakePeer(),
    ): { peer: FakePeer; session: Session } {
      const session = hub.open(peer);
      const lane = new Lane({ selection: allWindows, minIntervalMs: 0, batch: false, since: new Map(), ...options });
      if (tokens === '*') hub.subscribeEverything(session, lane);
      else for (const token of tokens) hub.subscribe(session, token, lane);
      session.delivery.flush();
      return { peer, session };
    },
  };
}

export function put(hub: Hub, token: string, version: Version): void {
  const windows = { '5m': emptyWindow(), '1h': emptyWindow() };
  hub.value(
    token,
    version,
    JSON.stringify({ token, symbol: null, name: null, version, asOf: version[3], price: '1', windows }),
  );
}

export function heartbeat(partition: number, version: Version): Heartbeat {
  return { partition, version, reportedAt: version[3], windows: ['5m', '1h'], status: {} as Heartbeat['status'] };
}
