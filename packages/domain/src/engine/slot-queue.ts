/**
 * Items filed under whole-number slots (seconds, minutes), taken out in slot order. A heap of the slots that are in
 * use: an empty stretch of time costs nothing however it is crossed, second by second or in one jump of days.
 */
export class SlotQueue<T> {
  readonly #bySlot = new Map<number, T[]>();
  readonly #heap: number[] = [];

  push(slot: number, item: T): void {
    const items = this.#bySlot.get(slot);
    if (items !== undefined) {
      items.push(item);
      return;
    }
    this.#bySlot.set(slot, [item]);
    this.#pushSlot(slot);
  }

  /** Takes out the items of the least slot, if that is below `end`; call again until it gives undefined. */
  takeBelow(end: number): { slot: number; items: T[] } | undefined {
    const slot = this.#heap[0];
    if (slot === undefined || slot >= end) return undefined;
    this.#popSlot();
    const items = this.#bySlot.get(slot)!;
    this.#bySlot.delete(slot);
    return { slot, items };
  }

  #pushSlot(slot: number): void {
    const heap = this.#heap;
    let at = heap.push(slot) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (heap[parent]! <= slot) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = slot;
  }

  #popSlot(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child += 1;
      if (heap[child]! >= last) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}
