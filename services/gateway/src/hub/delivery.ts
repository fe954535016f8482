import type { BatchFrames } from './batch-frames.ts';
import type { Lane } from './lane.ts';
import type { Limits } from './limits.ts';
import { type Mark, MarkQueue } from './mark-queue.ts';
import type { Peer } from './peer.ts';
import type { FrameKind, TokenState } from './token-state.ts';

/** Updates in one grouped frame. */
const maxBatchItems = 100;

export interface DeliveryDeps {
  peer: Peer;
  limits: Limits;
  batchFrames: BatchFrames;
  /** In ms, never stepping back. */
  now(): number;
  /** Calls back after a wait. */
  schedule(waitMs: number, callback: () => void): void;
  /** Something can be sent by `flush`. */
  onWork(): void;
}

/**
 * What one client is sent, and when. While its buffer has room, values go out as they come. With a full buffer the client is
 * owed the token rather than the value: when there is room again it gets the newest one. So what waits is bounded by the number
 * of tokens, and a slow client sees fewer values, never old ones.
 */
export class Delivery {
  readonly #deps: DeliveryDeps;
  /** Lanes that have something to send now. */
  readonly #unfinished = new Set<Lane>();
  /** Lanes whose next turn is awaited by a timer. */
  readonly #waiting = new Set<Lane>();
  readonly #marks = new Map<number, MarkQueue>();
  #owed = 0;
  /** Numbers what becomes owed. */
  #sequence = 0;
  #fullSinceMs: number | null = null;
  #ended = false;

  constructor(deps: DeliveryDeps) {
    this.#deps = deps;
  }

  /** Whether the buffer is full: nothing of the stream is sent until it has emptied. */
  get full(): boolean {
    return this.#fullSinceMs !== null;
  }

  /** Tokens whose newest value is owed. */
  get owed(): number {
    return this.#owed;
  }

  /** Sends an answer, past the limit too; a client that asks and asks without reading the answers is closed. */
  reply(frame: Buffer): void {
    if (this.#ended) return;
    this.#deps.peer.send(frame);
    if (this.#deps.peer.bufferedBytes > 2 * this.#deps.limits.maxBufferedBytes) this.#closeAsSlow();
  }

  /** A token of the lane has a new value. */
  offer(lane: Lane, state: TokenState, kind: FrameKind): void {
    if (this.#ended || !lane.wants(state)) return;
    if (lane.immediate && !this.full && !lane.owed.has(state)) this.#send(state.frame(kind, lane.selection));
    else this.owe(lane, state, kind);
  }

  /** The token's newest value is to be sent at the lane's next turn. A token that is owed already keeps its place. */
  owe(lane: Lane, state: TokenState, kind: FrameKind): void {
    if (this.#ended || lane.owed.has(state)) return;
    this.#sequence += 1;
    this.#owed += 1;
    lane.owed.set(state, { kind, sequence: this.#sequence });
    this.#marksOf(state.partition).added();
    if (this.#owed > this.#deps.limits.maxPendingTokens) this.#closeAsSlow();
    else if (!this.#waiting.has(lane)) this.#resume(lane);
  }

  /** Sends a snapshot of every token that the iterator gives, as fast as the client reads. */
  scan(lane: Lane, states: Iterator<TokenState>): void {
    lane.scan = states;
    this.#resume(lane);
  }

  /** The token is not wanted any more. */
  forgive(lane: Lane, state: TokenState): void {
    const owed = lane.owed.get(state);
    if (owed === undefined) return;
    lane.owed.delete(state);
    this.#owed -= 1;
    this.#marksOf(state.partition).removed(owed.sequence);
  }

  /** Nothing of the lane is wanted any more. */
  drop(lane: Lane): void {
    lane.scan = null;
    for (const state of lane.owed.keys()) this.forgive(lane, state);
    this.#unfinished.delete(lane);
  }

  offerMark(mark: Mark): void {
    if (this.#ended) return;
    const queue = this.#marksOf(mark.partition);
    queue.hold(mark, this.#sequence);
    this.#sendMarks(queue);
  }

  /** Sends what is due, as far as the buffer has room; marks last, since a scan that is not at its end leaves no room. */
  flush(): void {
    for (const lane of this.#unfinished) {
      this.#drain(lane);
      if (this.full || this.#ended) return;
    }
    for (const queue of this.#marks.values()) this.#sendMarks(queue);
  }

  closeIfSlow(): void {
    const { limits, now } = this.#deps;
    if (this.#fullSinceMs !== null && now() - this.#fullSinceMs > limits.slowClientGraceMs) this.#closeAsSlow();
  }

  /** Sends nothing any more, and lets go of what was owed. */
  end(): void {
    this.#ended = true;
    this.#unfinished.clear();
    this.#marks.clear();
  }

  #drain(lane: Lane): void {
    if (lane.scan !== null) this.#drainScan(lane);
    while (!this.full) {
      if (!lane.turnUnfinished) {
        const waitMs = lane.owed.size === 0 ? 0 : lane.beginTurn(this.#deps.now(), this.#sequence);
        if (waitMs > 0) this.#wait(lane, waitMs);
        if (waitMs > 0 || lane.owed.size === 0) {
          this.#unfinished.delete(lane);
          return;
        }
      }
      this.#drainTurn(lane);
    }
  }

  #drainScan(lane: Lane): void {
    while (!this.full && lane.scan !== null) {
      const next = lane.scan.next();
      if (next.done) {
        lane.scan = null;
        return;
      }
      lane.scannedPast(next.value);
      if (lane.isNews(next.value)) this.#send(next.value.frame('snapshot', lane.selection));
    }
  }

  #drainTurn(lane: Lane): void {
    let group: TokenState[] = [];
    const sendGroup = () => {
      this.#send(this.#deps.batchFrames.frame(group, lane.selection));
      group = [];
    };
    for (const [state, owed] of lane.owed) {
      if (!lane.inTurn(owed) || this.full) break;
      this.forgive(lane, state);
      if (!lane.batch || owed.kind === 'snapshot') this.#send(state.frame(owed.kind, lane.selection));
      else if (group.push(state) === maxBatchItems) sendGroup();
    }
    if (group.length > 0) sendGroup();
  }

  #sendMarks(queue: MarkQueue): void {
    while (!this.full && !this.#ended) {
      const mark = queue.take();
      if (mark === null) return;
      this.#send(mark.frame);
    }
  }

  #send(frame: Buffer): void {
    const { peer, limits, now } = this.#deps;
    if (peer.bufferedBytes + frame.length <= limits.maxBufferedBytes) {
      peer.send(frame);
      return;
    }
    this.#fullSinceMs ??= now();
    peer.send(frame, () => {
      this.#fullSinceMs = null;
      if (!this.#ended) this.flush();
    });
  }

  #resume(lane: Lane): void {
    this.#unfinished.add(lane);
    this.#deps.onWork();
  }

  #wait(lane: Lane, waitMs: number): void {
    this.#waiting.add(lane);
    this.#deps.schedule(waitMs, () => {
      this.#waiting.delete(lane);
      if (this.#ended || lane.owed.size === 0) return;
      this.#unfinished.add(lane);
      if (!this.full) this.flush();
    });
  }

  #marksOf(partition: number): MarkQueue {
    let queue = this.#marks.get(partition);
    if (queue === undefined) {
      queue = new MarkQueue();
      this.#marks.set(partition, queue);
    }
    return queue;
  }

  #closeAsSlow(): void {
    this.end();
    this.#deps.peer.close(1013, 'reading too slowly');
  }
}
