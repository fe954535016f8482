import { setTimeout as sleep } from 'node:timers/promises';

/** What the group knows a member by, from one join to the next. */
export interface GroupMember {
  memberId: string;
  generationId: number;
}

export interface MembershipOptions {
  /** How long the group waits for a silent member. */
  sessionTimeoutMs: number;
  /** Sends a heartbeat now; rejects when the group does not confirm that member at that generation. */
  heartbeat(member: GroupMember): Promise<void>;
  /** Monotonic, so that it also counts the time in which the process was frozen. */
  nowMs(): number;
}

const retryMs = 100;

/** This process as a member of its group: what it joined as, and for how long it surely belongs to it. */
export class Membership {
  readonly #options: MembershipOptions;
  #member: GroupMember | undefined;
  #heardAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  joined(member: GroupMember): void {
    this.#member = member;
    this.heard(this.#options.nowMs());
  }

  /**
   * A heartbeat that left at that moment was answered. When it left counts, not when the answer was read: in between the process may
   * have been frozen for longer than the group waits.
   */
  heard(sentAtMs: number): void {
    this.#heardAtMs = Math.max(this.#heardAtMs, sentAtMs);
  }

  /** True while the group cannot have given the member up: it was heard of within the session timeout. */
  get certain(): boolean {
    return this.#options.nowMs() - this.#heardAtMs < this.#options.sessionTimeoutMs;
  }

  /**
   * Resolves when the group has confirmed, by a heartbeat that left after this call, that the member still belongs to it at the
   * generation of this call. Rejects when the signal is aborted.
   */
  async confirmed(signal: AbortSignal): Promise<void> {
    const member = this.#member!;
    for (;;) {
      const sentAtMs = this.#options.nowMs();
      if (await unlessAborted(this.#options.heartbeat(member), signal)) return this.heard(sentAtMs);
      await sleep(retryMs, undefined, { signal });
    }
  }
}

/** Whether it succeeds. Does not wait beyond the signal. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([
      work.then(
        () => true,
        () => false,
      ),
      promise,
    ]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
