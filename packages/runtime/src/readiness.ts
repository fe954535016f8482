/**
 * What a service does, the first that holds:
 * `stuck`: it cannot go on by itself and ends, to be started again · `starting`: it has not begun to work · `waiting`: something that it
 * depends on is away · `restoring`: it reads back what it works on · `standing`: a part of its work stands still until a person
 * has acted · `serving`: none of these.
 */
export const serviceStates = ['stuck', 'starting', 'waiting', 'restoring', 'standing', 'serving'] as const;

export type ServiceState = (typeof serviceStates)[number];

/** Why a condition is not met yet. */
export type Unready = Exclude<ServiceState, 'stuck' | 'serving'>;

export interface HealthAnswer {
  httpStatus: 200 | 503;
  body: { status: 'ok' | 'stuck'; state: ServiceState };
}

export interface ReadinessAnswer {
  httpStatus: 200 | 503;
  body: { status: 'ready' | 'waiting'; state: ServiceState; waitingFor: string[] };
}

/** What a service still waits for, and the state that follows; nothing to wait for means ready. Shown by /readyz and /healthz. */
export class Readiness {
  readonly #waiting = new Map<string, Unready>();
  #isStuck = false;

  constructor(...conditions: string[]) {
    for (const condition of conditions) this.#waiting.set(condition, 'starting');
  }

  /** Named again, the condition takes the state that is given last. */
  waitFor(condition: string, state: Unready = 'waiting'): void {
    this.#waiting.set(condition, state);
  }

  done(condition: string): void {
    this.#waiting.delete(condition);
  }

  /** The service cannot go on, and will end. */
  stuck(): void {
    this.#isStuck = true;
  }

  get ready(): boolean {
    return !this.#isStuck && this.#waiting.size === 0;
  }

  get waitingFor(): string[] {
    return [...this.#waiting.keys()];
  }

  get state(): ServiceState {
    if (this.#isStuck) return 'stuck';
    const unready = new Set<ServiceState>(this.#waiting.values());
    return serviceStates.find((state) => unready.has(state)) ?? 'serving';
  }

  /** For /healthz: whether starting the process again would help. */
  health(): HealthAnswer {
    const { state } = this;
    return { httpStatus: this.#isStuck ? 503 : 200, body: { status: this.#isStuck ? 'stuck' : 'ok', state } };
  }

  /** For /readyz: whether the service does all of its work. */
  readiness(): ReadinessAnswer {
    const { ready, state, waitingFor } = this;
    return { httpStatus: ready ? 200 : 503, body: { status: ready ? 'ready' : 'waiting', state, waitingFor } };
  }
}
