import { compareVersions, type Version } from '@tidemark/wire';
import type { FrameKind, Selection, TokenState } from './token-state.ts';

/** What one subscribe asked for. */
export interface LaneOptions {
  selection: Selection;
  /** At most one value of a token in this time; 0 sends each as it comes. */
  minIntervalMs: number;
  batch: boolean;
  /** By partition: the newest mark that the client has seen. Only what is newer is sent. */
  since: ReadonlyMap<number, Version>;
}

/** An update that a client is owed: of a token it gets whatever is newest when its turn comes. */
export interface Owed {
  kind: FrameKind;
  sequence: number;
}

/** The tokens of one subscription on their way to one client. */
export class Lane {
  readonly selection: Selection;
  readonly minIntervalMs: number;
  readonly batch: boolean;
  /** In the order in which they became owed. */
  readonly owed = new Map<TokenState, Owed>();
  /** The rest of all tokens, for a subscription of everything whose snapshots are still being sent. */
  scan: Iterator<TokenState> | null = null;
  #scannedTo = -1;
  readonly #since: Map<number, Version>;
  #nextTurnMs = 0;
  #turnSequence = 0;

  constructor({ selection, minIntervalMs, batch, since }: LaneOptions) {
    this.selection = selection;
    this.minIntervalMs = minIntervalMs;
    this.batch = batch;
    this.#since = new Map(since);
  }

  /** Whether values are sent as they come, rather than gathered for a turn. */
  get immediate(): boolean {
    return this.minIntervalMs === 0 && !this.batch;
  }

  /** False for what the client has seen already, and for what the scan is yet to reach. */
  wants(state: TokenState): boolean {
    if (this.scan !== null && state.order > this.#scannedTo) return false;
    return this.isNews(state);
  }

  isNews({ partition, version }: TokenState): boolean {
    const seen = this.#since.get(partition);
    return seen === undefined || compareVersions(version, seen) > 0;
  }

  /** True when the client has been told this mark, or a newer one, before it came here. */
  hasSeen(partition: number, version: Version): boolean {
    const seen = this.#since.get(partition);
    if (seen === undefined) return false;
    if (compareVersions(version, seen) <= 0) return true;
    // Everything from here on is newer than what the client has seen, but for what the scan is yet to reach.
    if (this.scan === null) this.#since.delete(partition);
    return false;
  }

  /** Whether there are partitions of which the client has seen more than has come here. */
  get resumes(): boolean {
    return this.#since.size > 0;
  }

  scannedPast({ order }: TokenState): void {
    this.#scannedTo = order;
  }

  /**
   * Begins a turn if one is due: what is owed by now (up to number `sequence`) may be sent.
   * Returns the wait in ms until the next turn when it is not due, else 0.
   */
  beginTurn(nowMs: number, sequence: number): number {
    if (this.minIntervalMs > 0 && nowMs < this.#nextTurnMs) return this.#nextTurnMs - nowMs;
    this.#nextTurnMs = nowMs + this.minIntervalMs;
    this.#turnSequence = sequence;
    return 0;
  }

  /** Whether an entry belongs to the turn begun last; a later one waits, or a token could be sent twice within the interval. */
  inTurn({ sequence }: Owed): boolean {
    return sequence <= this.#turnSequence;
  }

  /** Whether the turn begun last was cut short by a full buffer. */
  get turnUnfinished(): boolean {
    const [oldest] = this.owed.values();
    return oldest !== undefined && this.inTurn(oldest);
  }
}
