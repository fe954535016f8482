/** Values with the moment at which each is due: a binary heap, first in first out among equals, up to a limit. */
export class DueQueue<T> {
  readonly limit: number;
  readonly #heap: { dueMs: number; order: number; value: T }[] = [];
  #added = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** False, with nothing added, at the limit. */
  add(dueMs: number, value: T): boolean {
    const heap = this.#heap;
    if (heap.length >= this.limit) return false;
    const entry = { dueMs, order: this.#added++, value };
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
    return true;
  }

  /** The value that is due first, when it is due by `nowMs`. */
  take(nowMs: number): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.dueMs > nowMs) return undefined;
    const last = heap.pop()!;
    if (heap.length > 0) this.#sink(last);
    return first.value;
  }

  #sink(entry: { dueMs: number; order: number; value: T }): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, entry)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = entry;
  }
}

function isBefore(a: { dueMs: number; order: number }, b: { dueMs: number; order: number }): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
