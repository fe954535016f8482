/**
 * The first `limit` of the rows offered, by `compare`, without sorting them all: a heap whose root is the worst row kept, so a
 * row that is worse than all of them costs one comparison.
 */
export class TopRows {
  readonly #limit: number;
  readonly #compare: (a: number, b: number) => number;
  readonly #heap: number[] = [];

  constructor(limit: number, compare: (a: number, b: number) => number) {
    this.#limit = limit;
    this.#compare = compare;
  }

  offer(row: number): void {
    const heap = this.#heap;
    if (heap.length < this.#limit) {
      heap.push(row);
      this.#siftUp(heap.length - 1);
    } else if (this.#compare(row, heap[0]!) < 0) {
      heap[0] = row;
      this.#siftDown();
    }
  }

  sorted(): number[] {
    return this.#heap.toSorted(this.#compare);
  }

  #siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#worse(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #siftDown(): void {
    const { length } = this.#heap;
    let index = 0;
    while (true) {
      const left = 2 * index + 1;
      if (left >= length) return;
      const right = left + 1;
      const child = right < length && this.#worse(right, left) ? right : left;
      if (!this.#worse(child, index)) return;
      this.#swap(child, index);
      index = child;
    }
  }

  #worse(a: number, b: number): boolean {
    return this.#compare(this.#heap[a]!, this.#heap[b]!) > 0;
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!];
  }
}
