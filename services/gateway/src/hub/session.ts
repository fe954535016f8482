import { Delivery, type DeliveryDeps } from './delivery.ts';
import type { Lane } from './lane.ts';
import type { Mark } from './mark-queue.ts';
import type { FrameKind, TokenState } from './token-state.ts';

/** One client: which tokens it follows, and by which subscription. */
export class Session {
  readonly delivery: Delivery;
  readonly #laneOf = new Map<string, Lane>();
  #everything: Lane | null = null;
  /** How many of the tokens named are in each partition. */
  readonly #tokensOf = new Map<number, number>();
  /** Subscriptions whose client has seen more than this gateway has. */
  readonly #resuming = new Set<Lane>();

  constructor(deps: DeliveryDeps) {
    this.delivery = new Delivery(deps);
  }

  /** Subscriptions as the limit counts them. */
  get subscriptions(): number {
    return this.#laneOf.size + Number(this.followsEverything);
  }

  get followsEverything(): boolean {
    return this.#everything !== null;
  }

  get tokens(): string[] {
    return [...this.#laneOf.keys()];
  }

  names(token: string): boolean {
    return this.#laneOf.has(token);
  }

  /** Adds a token, or moves it to another subscription; `state` is its value if there is one. */
  subscribe(token: string, partition: number, lane: Lane, state: TokenState | undefined): void {
    this.unsubscribe(token, partition, state);
    this.#laneOf.set(token, lane);
    this.#tokensOf.set(partition, (this.#tokensOf.get(partition) ?? 0) + 1);
    if (lane.resumes) this.#resuming.add(lane);
    if (state === undefined) return;
    if (this.#everything !== null) this.delivery.forgive(this.#everything, state);
    if (lane.isNews(state)) this.delivery.owe(lane, state, 'snapshot');
  }

  unsubscribe(token: string, partition: number, state: TokenState | undefined): void {
    const lane = this.#laneOf.get(token);
    if (lane === undefined) return;
    this.#laneOf.delete(token);
    this.#tokensOf.set(partition, this.#tokensOf.get(partition)! - 1);
    if (state !== undefined) this.delivery.forgive(lane, state);
  }

  /** Subscribes to all tokens, also those yet to come, beside those that are named. */
  subscribeEverything(lane: Lane, states: Iterable<TokenState>): void {
    this.unsubscribeEverything();
    this.#everything = lane;
    if (lane.resumes) this.#resuming.add(lane);
    this.delivery.scan(lane, unnamed(states, this.#laneOf));
  }

  unsubscribeEverything(): void {
    if (this.#everything !== null) this.delivery.drop(this.#everything);
    this.#everything = null;
  }

  offer(state: TokenState, kind: FrameKind): void {
    const lane = this.#laneOf.get(state.token) ?? this.#everything;
    if (lane !== null) this.delivery.offer(lane, state, kind);
  }

  /** Passes a mark on if the client follows the partition and has not seen it elsewhere. */
  offerMark(mark: Mark): void {
    const { partition, version } = mark;
    if (this.#everything === null && !this.#tokensOf.get(partition)) return;
    let seen = false;
    for (const lane of this.#resuming) {
      seen ||= lane.hasSeen(partition, version);
      if (!lane.resumes) this.#resuming.delete(lane);
    }
    if (!seen) this.delivery.offerMark(mark);
  }
}

function* unnamed(states: Iterable<TokenState>, named: ReadonlyMap<string, unknown>): Generator<TokenState> {
  for (const state of states) {
    if (!named.has(state.token)) yield state;
  }
}
