import type { Membership } from './membership.ts';

/** One stretch of time during which this member has a partition; ends with the next rebalance or restart. */
export class Assignment {
  readonly partition: number;
  /** The offset that comes next; meaningful once `ready`. */
  position = -1;
  /** Restored: records may come. */
  ready = false;
  readonly #ended = new AbortController();
  readonly #membership: Membership;

  constructor(partition: number, membership: Membership) {
    this.partition = partition;
    this.#membership = membership;
  }

  /**
   * False once the partition may be somebody else's: to be asked after every await, before any commit or publication. It may be
   * true again, when the group confirms a member that it did not hear of for a while.
   */
  get current(): boolean {
    return !this.ended && this.#membership.certain;
  }

  /** Over for good: another assignment follows, or none. */
  get ended(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Aborted when the assignment ends. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /**
   * Resolves when the group has confirmed, by a heartbeat that began after this call, that the member still belongs to it.
   * Rejects when the assignment ends.
   */
  confirmed(): Promise<void> {
    return this.#membership.confirmed(this.signal);
  }

  end(): void {
    this.#ended.abort(new Error(`the assignment of partition ${this.partition} ended`));
  }
}
