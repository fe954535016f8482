/** How far a rebuild is, as a line for people. Times in ms, monotonic. */
export class Pace {
  readonly #fromOffset: number;
  readonly #startMs: number;

  constructor(fromOffset: number, startMs: number) {
    this.#fromOffset = fromOffset;
    this.#startMs = startMs;
  }

  line({ nextOffset, endOffset }: { nextOffset: number; endOffset: number }, nowMs: number): string {
    const read = nextOffset - this.#fromOffset;
    const all = Math.max(read, endOffset - this.#fromOffset);
    const share = all === 0 ? 100 : Math.floor((100 * read) / all);
    const perSecond = (read * 1_000) / Math.max(1, nowMs - this.#startMs);
    const left = perSecond > 0 ? `${Math.ceil((all - read) / perSecond)} s left` : 'time left not known yet';
    return `${read} of ${all} records (${share} %), ${Math.round(perSecond)}/s, ${left}`;
  }
}
