import type { Logger } from '@tidemark/runtime';
import type { ProducerMetrics } from '../metrics.ts';
import type { Entry } from './entry.ts';

/** So many lines that hold no swap are reported one by one; the rest are counted. */
const maxReported = 100;

/** Counts the lines of a recording that hold no swap, and reports them. */
export class Refusals {
  readonly #log: Logger;
  readonly #metrics: ProducerMetrics;
  #rejected = 0;
  #skipped = 0;

  constructor(log: Logger, metrics: ProducerMetrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  note(entry: Exclude<Entry, { kind: 'swap' }>): void {
    if (entry.kind === 'skipped') {
      this.#skipped++;
      this.#metrics.replaySkipped.inc();
      return;
    }
    const { line, code, reason } = entry;
    this.#rejected++;
    this.#metrics.replayRejected.inc({ code });
    if (this.#rejected <= maxReported) this.#log.warn({ line, code, reason }, `line ${line} is no swap: ${code}`);
    if (this.#rejected === maxReported) this.#log.warn('further lines that are no swaps are counted only');
  }

  /** The counts since the start of the process. */
  report(): void {
    const counts = { rejected: this.#rejected, skipped: this.#skipped };
    if (this.#rejected + this.#skipped > 0) this.#log.info(counts, 'lines of the recording that hold no swap');
  }
}
