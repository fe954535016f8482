/** Tokens to publish, oldest change first, each at most once. Holds at most every token of the partition. */
export class ChangedQueue {
  readonly #members = new Set<string>();
  #items: string[] = [];
  #start = 0;

  get size(): number {
    return this.#members.size;
  }

  has(token: string): boolean {
    return this.#members.has(token);
  }

  add(token: string): void {
    if (this.#members.has(token)) return;
    this.#members.add(token);
    this.#items.push(token);
  }

  take(max: number): string[] {
    const end = Math.min(this.#items.length, this.#start + max);
    const taken = this.#items.slice(this.#start, end);
    this.#start = end;
    for (const token of taken) this.#members.delete(token);
    if (this.#start === this.#items.length) {
      this.#items = [];
      this.#start = 0;
    } else if (this.#start > 1024 && this.#start * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#start);
      this.#start = 0;
    }
    return taken;
  }
}
