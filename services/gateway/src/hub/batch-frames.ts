import type { Selection, TokenState } from './token-state.ts';

/** Frames of grouped updates, shared by the clients that are owed the same group at the same moment. */
export class BatchFrames {
  readonly #frames = new Map<string, Buffer>();

  frame(states: readonly TokenState[], selection: Selection): Buffer {
    const key = `${selection.key} ${states.map(({ order }) => order).join()}`;
    let frame = this.#frames.get(key);
    if (frame === undefined) {
      const items = states.map((state) => state.item(selection)).join();
      frame = Buffer.from(`{"type":"updates","channel":"stats","items":[${items}]}`);
      this.#frames.set(key, frame);
    }
    return frame;
  }

  /** To be called when a value changes: the frames hold values of one moment. */
  clear(): void {
    if (this.#frames.size > 0) this.#frames.clear();
  }
}
