import type { StatsRecord } from '@tidemark/wire';
import { type RankingField, windowMetrics } from '../metrics-of-window.ts';

const initialRows = 1_024;

/**
 * Figures of all rows as numbers, one array a figure, so that a ranking reads memory in order. A number here is the figure
 * rounded to a double, which keeps the order of two figures except where it makes them equal; NaN stands for null.
 */
export class Columns {
  #price = nulls(initialRows);
  /** By window, in the order of `windowMetrics`. */
  readonly #windows = new Map<string, Float64Array[]>();
  #capacity = initialRows;

  /** Stores the figures of a record at `row`; windows that it lacks are null. */
  write(row: number, record: StatsRecord): void {
    while (row >= this.#capacity) this.#grow();
    this.#price[row] = toNumber(record.price);
    for (const [window, figures] of Object.entries(record.windows)) {
      const columns = this.#window(window);
      for (let index = 0; index < windowMetrics.length; index++) {
        columns[index]![row] = toNumber(figures[windowMetrics[index]!]);
      }
    }
  }

  clear(row: number): void {
    this.#price[row] = Number.NaN;
    for (const columns of this.#windows.values()) {
      for (const column of columns) column[row] = Number.NaN;
    }
  }

  of(window: string, field: RankingField): Float64Array {
    return field === 'price' ? this.#price : this.#window(window)[windowMetrics.indexOf(field)]!;
  }

  #window(name: string): Float64Array[] {
    let columns = this.#windows.get(name);
    if (columns === undefined) {
      columns = windowMetrics.map(() => nulls(this.#capacity));
      this.#windows.set(name, columns);
    }
    return columns;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#price = enlarged(this.#price, this.#capacity);
    for (const [name, columns] of this.#windows) {
      this.#windows.set(
        name,
        columns.map((column) => enlarged(column, this.#capacity)),
      );
    }
  }
}

function nulls(length: number): Float64Array {
  return new Float64Array(length).fill(Number.NaN);
}

function enlarged(column: Float64Array, length: number): Float64Array {
  const larger = nulls(length);
  larger.set(column);
  return larger;
}

function toNumber(figure: string | number | null): number {
  return figure === null ? Number.NaN : Number(figure);
}
