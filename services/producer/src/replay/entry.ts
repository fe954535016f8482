import type { RejectionCode, Swap } from '@tidemark/domain';

/** What one line of a recording holds. */
export type Entry =
  | { line: number; kind: 'swap'; swap: Swap }
  | { line: number; kind: 'rejected'; code: RejectionCode; reason: string }
  /** A log of another event. */
  | { line: number; kind: 'skipped' };
