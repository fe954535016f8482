import type { CandleChange } from '@tidemark/domain';

type Candle = Exclude<CandleChange, { removed: true }> & { generation: number };

/** The candles of a store in memory, by the rules of those in Postgres. */
export class MemoryCandles {
  readonly #rows = new Map<string, Candle>();

  write({ generation, candlesFromMs }: { generation: number; candlesFromMs: number }, changes: CandleChange[]): void {
    for (const change of changes) {
      const id = `${generation} ${change.token} ${change.minuteMs}`;
      if ('removed' in change) this.#rows.delete(id);
      else if (change.minuteMs >= candlesFromMs || !this.#isInherited(change, generation))
        this.#rows.set(id, { ...change, generation });
    }
  }

  all(): Candle[] {
    return [...this.#rows.values()];
  }

  removeGeneration(generation: number, isOurs: (token: string) => boolean): void {
    this.#removeWhere((row) => row.generation === generation && isOurs(row.token));
  }

  /** What the generation counted completely is its own; of earlier minutes the older row stays. */
  supersede(generation: number, candlesFromMs: number, isOurs: (token: string) => boolean): void {
    this.#removeWhere((row) => isOurs(row.token) && row.generation < generation && row.minuteMs >= candlesFromMs);
    this.#removeWhere(
      (row) =>
        isOurs(row.token) &&
        row.generation === generation &&
        row.minuteMs < candlesFromMs &&
        this.#isInherited(row, generation),
    );
  }

  #isInherited({ token, minuteMs }: { token: string; minuteMs: number }, generation: number): boolean {
    return this.all().some((row) => row.token === token && row.minuteMs === minuteMs && row.generation < generation);
  }

  #removeWhere(goes: (row: Candle) => boolean): void {
    for (const [id, row] of this.#rows) if (goes(row)) this.#rows.delete(id);
  }
}
