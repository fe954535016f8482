const PAGE_BITS = 10;
const RECORDS_PER_PAGE = 1 << PAGE_BITS;
const RECORD_MASK = RECORDS_PER_PAGE - 1;

/**
 * A heap of equally wide records of doubles, in pages that the garbage collector need not look into. A handle names a
 * record until it is released; growing never moves what is there.
 */
export class Pages {
  readonly #width: number;
  readonly #pages: Float64Array[] = [];
  readonly #free: number[] = [];
  #end = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** Records that are in use. */
  get size(): number {
    return this.#end - this.#free.length;
  }

  /** A record of zeros. */
  allocate(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) {
      const at = this.at(reused);
      this.page(reused).fill(0, at, at + this.#width);
      return reused;
    }
    const handle = this.#end;
    if ((handle & RECORD_MASK) === 0) this.#pages.push(new Float64Array(RECORDS_PER_PAGE * this.#width));
    this.#end += 1;
    return handle;
  }

  release(handle: number): void {
    this.#free.push(handle);
  }

  page(handle: number): Float64Array {
    return this.#pages[handle >>> PAGE_BITS]!;
  }

  /** Where the record starts in its page. */
  at(handle: number): number {
    return (handle & RECORD_MASK) * this.#width;
  }
}
