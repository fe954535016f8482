/** Texts by small numbers, each kept once however many hold it, and let go with its last holder. */
export class Names {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #holders: number[] = [];
  readonly #free: number[] = [];
  /** Released while pinned: they keep their texts until the end of that. */
  #deferred: number[] | null = null;

  get size(): number {
    return this.#numbers.size;
  }

  text(number: number): string {
    return this.#texts[number]!;
  }

  /** The number of a text; the caller is one more holder of it. */
  acquire(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) {
      this.#holders[known]! += 1;
      return known;
    }
    const number = this.#free.pop() ?? this.#texts.length;
    this.#texts[number] = text;
    this.#holders[number] = 1;
    this.#numbers.set(text, number);
    return number;
  }

  /** One more holder of a number that somebody holds. */
  hold(number: number): void {
    this.#holders[number]! += 1;
  }

  /** Until `unpin` every number that somebody holds now keeps its text. */
  pin(): void {
    this.#deferred = [];
  }

  unpin(): void {
    const released = this.#deferred ?? [];
    this.#deferred = null;
    for (const number of released) this.release(number);
  }

  release(number: number): void {
    if (this.#deferred !== null) {
      this.#deferred.push(number);
      return;
    }
    this.#holders[number]! -= 1;
    if (this.#holders[number]! > 0) return;
    this.#numbers.delete(this.#texts[number]!);
    this.#texts[number] = '';
    this.#free.push(number);
  }
}
