import { partitionOf } from '@tidemark/domain';
import { compareVersions, type Heartbeat, type Version } from '@tidemark/wire';
import { BatchFrames } from './batch-frames.ts';
import type { DeliveryDeps } from './delivery.ts';
import { ForgottenTokens, resumeReachMs } from './forgotten-tokens.ts';
import type { Lane } from './lane.ts';
import type { Limits } from './limits.ts';
import type { Mark } from './mark-queue.ts';
import type { Peer } from './peer.ts';
import { Session } from './session.ts';
import { type FrameKind, TokenState, zeroRecord } from './token-state.ts';

export interface HubDeps {
  partitionCount: number;
  limits: Limits;
  now(): number;
  schedule(waitMs: number, callback: () => void): void;
}

/** A client may be ahead of this gateway, which is still reading; further ahead than this its marks are of other data. */
const aheadToleranceMs = 60_000;

/** The newest value of every token, and who is to be told of it. No I/O: time, timers and connections are passed in. */
export class Hub {
  readonly #deps: HubDeps;
  readonly #batchFrames = new BatchFrames();
  readonly #tokens = new Map<string, TokenState>();
  /** Sessions by the tokens that they name, known or not. */
  readonly #followers = new Map<string, Set<Session>>();
  readonly #followersOfEverything = new Set<Session>();
  readonly #sessions = new Set<Session>();
  readonly #withWork = new Set<Session>();
  readonly #heartbeats: (Heartbeat | null)[];
  /** Tokens of each partition whose tombstone came after its last heartbeat. */
  readonly #tombstones: Set<string>[];
  readonly #forgotten: ForgottenTokens;
  #nextOrder = 0;

  constructor(deps: HubDeps) {
    this.#deps = deps;
    this.#heartbeats = Array.from({ length: deps.partitionCount }, () => null);
    this.#tombstones = Array.from({ length: deps.partitionCount }, () => new Set());
    this.#forgotten = new ForgottenTokens(deps.limits.maxForgottenTokens, ({ token }) => this.#tokens.delete(token));
  }

  get tokenCount(): number {
    return this.#tokens.size;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  get sessions(): Iterable<Session> {
    return this.#sessions;
  }

  /** Names of the windows that statistics are kept for; null while no owner has reported. */
  get windows(): readonly string[] | null {
    return this.#heartbeats.find((heartbeat) => heartbeat !== null)?.windows ?? null;
  }

  /** Tokens that have statistics. */
  knownTokens(): string[] {
    return [...this.#tokens.values()].filter(({ forgotten }) => !forgotten).map(({ token }) => token);
  }

  isKnown(token: string): boolean {
    return this.#tokens.get(token)?.forgotten === false;
  }

  /** Takes a value unless one as new is held. `json` is the record as published. */
  value(token: string, version: Version, json: string): void {
    const held = this.#tokens.get(token);
    if (held !== undefined && compareVersions(version, held.version) <= 0) return;
    const partition = this.partitionOf(token);
    this.#tombstones[partition]!.delete(token);
    this.#batchFrames.clear();
    if (held === undefined) {
      const state = this.#add(token, version, json);
      this.#offer(state, 'snapshot');
    } else {
      // A token that comes back begins anew: who subscribed meanwhile has not had a snapshot of it.
      const kind = held.forgotten ? 'snapshot' : 'update';
      held.replace(version, json);
      this.#offer(held, kind);
    }
  }

  /**
   * A token has left the aggregator's memory. The tombstone has no version, so it takes effect with the partition's next
   * heartbeat and gets that one's.
   */
  tombstone(token: string): void {
    this.#tombstones[this.partitionOf(token)]!.add(token);
  }

  /** Takes a heartbeat unless one as new is held, and marks the partition for those who follow it. */
  heartbeat(heartbeat: Heartbeat): void {
    const { partition, version } = heartbeat;
    const held = this.#heartbeats[partition];
    // Undefined: a partition that the topic did not have at the start.
    if (held === undefined || (held !== null && compareVersions(version, held.version) <= 0)) return;
    this.#heartbeats[partition] = heartbeat;
    this.#forget(heartbeat);
    this.#forgotten.expire(this.#deps.now());
    const frame = Buffer.from(JSON.stringify({ type: 'mark', partition, version }));
    const mark: Mark = { partition, version, frame };
    for (const session of this.#sessions) session.offerMark(mark);
  }

  /** Sends what was gathered; to be called after each batch of records. */
  flush(): void {
    for (const session of this.#withWork) {
      this.#withWork.delete(session);
      session.delivery.flush();
    }
  }

  open(peer: Peer): Session {
    const { limits, now, schedule } = this.#deps;
    const deps: DeliveryDeps = {
      peer,
      limits,
      now,
      schedule,
      batchFrames: this.#batchFrames,
      onWork: () => this.#withWork.add(session),
    };
    const session = new Session(deps);
    this.#sessions.add(session);
    return session;
  }

  close(session: Session): void {
    session.delivery.end();
    for (const token of session.tokens) this.#unfollow(session, token);
    this.#followersOfEverything.delete(session);
    this.#sessions.delete(session);
    this.#withWork.delete(session);
  }

  subscribe(session: Session, token: string, lane: Lane): void {
    session.subscribe(token, this.partitionOf(token), lane, this.#tokens.get(token));
    let followers = this.#followers.get(token);
    if (followers === undefined) {
      followers = new Set();
      this.#followers.set(token, followers);
    }
    followers.add(session);
  }

  unsubscribe(session: Session, token: string): void {
    session.unsubscribe(token, this.partitionOf(token), this.#tokens.get(token));
    this.#unfollow(session, token);
  }

  subscribeEverything(session: Session, lane: Lane): void {
    this.#followersOfEverything.add(session);
    session.subscribeEverything(lane, this.#statesFor(lane));
  }

  unsubscribeEverything(session: Session): void {
    this.#followersOfEverything.delete(session);
    session.unsubscribeEverything();
  }

  /** Of the marks that a client has seen, those from which it can be brought up to date without sending everything. */
  resumable(since: ReadonlyMap<number, Version>): Map<number, Version> {
    return new Map([...since].filter(([partition, version]) => this.#canResume(partition, version)));
  }

  closeSlow(): void {
    for (const session of this.#sessions) session.delivery.closeIfSlow();
  }

  partitionOf(token: string): number {
    return partitionOf(token, this.#deps.partitionCount);
  }

  #canResume(partition: number, seen: Version): boolean {
    const heartbeat = this.#heartbeats[partition];
    if (!heartbeat) return false;
    const [, , , heldMs] = heartbeat.version;
    const [, , , seenMs] = seen;
    if (compareVersions(seen, heartbeat.version) > 0) return seenMs - heldMs <= aheadToleranceMs;
    return heldMs - seenMs <= resumeReachMs && this.#forgotten.reachesBackTo(partition, seenMs);
  }

  #add(token: string, version: Version, json: string): TokenState {
    const state = new TokenState(token, this.partitionOf(token), this.#nextOrder++, version, json);
    this.#tokens.set(token, state);
    return state;
  }

  /** All tokens for a subscriber of everything; the forgotten ones only for one that may hold figures of them. */
  *#statesFor(lane: Lane): Generator<TokenState> {
    const { resumes } = lane;
    for (const state of this.#tokens.values()) {
      if (!state.forgotten || resumes) yield state;
    }
  }

  #offer(state: TokenState, kind: FrameKind): void {
    const followers = this.#followers.get(state.token);
    if (followers !== undefined) for (const session of followers) session.offer(state, kind);
    for (const session of this.#followersOfEverything) {
      if (!followers?.has(session)) session.offer(state, kind);
    }
  }

  #forget({ partition, version, windows }: Heartbeat): void {
    const tombstones = this.#tombstones[partition]!;
    if (tombstones.size === 0) return;
    this.#batchFrames.clear();
    for (const token of tombstones) {
      const state = this.#tokens.get(token);
      if (state !== undefined && compareVersions(version, state.version) <= 0) continue;
      tombstones.delete(token);
      if (state?.forgotten) continue;
      const forgotten =
        state ?? this.#add(token, version, zeroRecord({ token, symbol: null, name: null, version, windows }));
      forgotten.forget(version, windows);
      this.#forgotten.add(forgotten, this.#deps.now());
      if (state !== undefined) this.#offer(state, 'update');
    }
  }

  #unfollow(session: Session, token: string): void {
    const followers = this.#followers.get(token);
    followers?.delete(session);
    if (followers?.size === 0) this.#followers.delete(token);
  }
}
