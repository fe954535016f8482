/** What a service still waits for; empty means ready. Shown by /readyz. */
export class Readiness {
  readonly #waiting = new Set<string>();

  constructor(...conditions: string[]) {
    for (const condition of conditions) this.#waiting.add(condition);
  }

  waitFor(condition: string): void {
    this.#waiting.add(condition);
  }

  done(condition: string): void {
    this.#waiting.delete(condition);
  }

  get ready(): boolean {
    return this.#waiting.size === 0;
  }

  get waitingFor(): string[] {
    return [...this.#waiting];
  }
}
