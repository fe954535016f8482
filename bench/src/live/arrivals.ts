import type { Swap } from '@tidemark/domain';
import type { JudgedPartition } from '../exactness.ts';
import type { Latencies } from '../latencies.ts';

interface TokenArrivals {
  /** The offset below which every record of the partition is in the update; rising. */
  nextOffsets: number[];
  /** When it arrived, in ms since the epoch. */
  arrivedMs: number[];
}

/** Beyond it the run would be too long for the memory of the bench. */
const maxArrivals = 50_000_000;

/** When which update of which token arrived. */
export class Arrivals {
  readonly #byToken = new Map<string, TokenArrivals>();
  #count = 0;

  note(token: string, nextOffset: number, arrivedMs: number): void {
    if (++this.#count > maxArrivals) throw new RangeError(`more than ${maxArrivals} updates`);
    let arrivals = this.#byToken.get(token);
    if (!arrivals) {
      arrivals = { nextOffsets: [], arrivedMs: [] };
      this.#byToken.set(token, arrivals);
    }
    arrivals.nextOffsets.push(nextOffset);
    arrivals.arrivedMs.push(arrivedMs);
  }

  /**
   * From the append of each swap that changed a figure to the arrival of the first update that holds it, added to `latencies`.
   * Append times are whole ms. @throws Error when a swap never came.
   */
  addLatencies({ records, judged }: Pick<JudgedPartition, 'records' | 'judged'>, latencies: Latencies): void {
    /** Where in the updates of each token the search has come to. */
    const positions = new Map<string, number>();
    for (const [index, { offset, appendTimeMs, value }] of records.entries()) {
      const outcome = judged.outcomes[index]!;
      if (outcome.kind !== 'accepted' || !changesFigures(value!)) continue;
      const { nextOffsets, arrivedMs } = this.#byToken.get(outcome.token) ?? { nextOffsets: [], arrivedMs: [] };
      let position = positions.get(outcome.token) ?? 0;
      while (nextOffsets[position]! <= offset) position++;
      positions.set(outcome.token, position);
      const atMs = arrivedMs[position];
      if (atMs === undefined) throw new Error(`no update of ${outcome.token} covers offset ${offset}`);
      latencies.add(appendTimeMs, atMs - appendTimeMs);
    }
  }
}

/** A swap that was only announced changes nothing, so nothing is published for it. */
function changesFigures(value: Uint8Array): boolean {
  return (JSON.parse(Buffer.from(value).toString()) as Swap).status !== 'pending';
}
