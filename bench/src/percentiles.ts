/** What a list of measurements comes to; values have the unit of the measurements, rounded to hundredths. */
export interface Summary {
  count: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

/** The smallest of the values that at least that share of them does not exceed ("nearest rank"). Sorted, not empty. */
export function percentile(sorted: Float64Array, share: number): number {
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1]!;
}

export function median(values: Iterable<number>): number {
  return percentile(Float64Array.from(values).toSorted(), 0.5);
}

/** Null for an empty list. */
export function summarise(values: Iterable<number>): Summary | null {
  const sorted = Float64Array.from(values).toSorted();
  if (sorted.length === 0) return null;
  return {
    count: sorted.length,
    p50: round(percentile(sorted, 0.5)),
    p90: round(percentile(sorted, 0.9)),
    p99: round(percentile(sorted, 0.99)),
    max: round(sorted.at(-1)!),
  };
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
