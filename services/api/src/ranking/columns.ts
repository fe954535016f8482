import type { StatsRecord } from '@tidemark/wire';
import { type RankingField, windowMetrics } from '../metrics-of-window.ts';

const initialRows = 1_024;

/**
 * Figures of all rows as numbers, one array a figure, so that a ranking reads memory in order. A number here is the figure
 * rounded to a double, which keeps the order of two figures except where it makes them equal; NaN stands for null.
 */
export class Columns {
  readonly #columns = new Map<string, Float64Array>();
  #capacity = initialRows;

  /** Stores the figures of a record at `row`; windows that it lacks are null. */
  write(row: number, record: StatsRecord): void {
    while (row >= this.#capacity) this.#grow();
    this.#column('price')[row] = toNumber(record.price);
    for (const [window, figures] of Object.entries(record.windows)) {
      for (const metric of windowMetrics) this.#column(`${window} ${metric}`)[row] = toNumber(figures[metric]);
    }
  }

  clear(row: number): void {
    for (const column of this.#columns.values()) column[row] = Number.NaN;
  }

  of(window: string, field: RankingField): Float64Array {
    return this.#column(field === 'price' ? field : `${window} ${field}`);
  }

  #column(name: string): Float64Array {
    let column = this.#columns.get(name);
    if (column === undefined) {
      column = new Float64Array(this.#capacity).fill(Number.NaN);
      this.#columns.set(name, column);
    }
    return column;
  }

  #grow(): void {
    this.#capacity *= 2;
    for (const [name, column] of this.#columns) {
      const larger = new Float64Array(this.#capacity).fill(Number.NaN);
      larger.set(column);
      this.#columns.set(name, larger);
    }
  }
}

function toNumber(figure: string | number | null): number {
  return figure === null ? Number.NaN : Number(figure);
}
