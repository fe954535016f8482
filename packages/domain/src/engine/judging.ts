import { type Rejection, TooManyTokensError } from '../rejections.ts';
import { MINUTE_MS } from '../rules.ts';
import type { Swap, SwapStatus } from '../swap.ts';
import { checkRecord, type Place } from './judgement.ts';
import { outranks } from './live.ts';
import type { Shape } from './shape.ts';
import { SlotQueue } from './slot-queue.ts';
import type { Counters, Head, LogRecord } from './types.ts';

export const DEFAULT_MAX_TOKENS = 1_000_000;
export const NO_WATERMARK = Number.NEGATIVE_INFINITY;

/** What the judgement has to know of a token; `K` stands for a known version of an id. */
export interface JudgedToken<K> {
  readonly token: string;
  /** Wtoken. */
  readonly watermarkMs: number;
  /** The newest version of an id, if that is known: its timestamp lies inside the token's lateness. */
  known(id: string): K | undefined;
}

/** What one version of an id is compared by. */
export interface Rank {
  readonly timestampMs: number;
  readonly version: number;
  readonly status: SwapStatus;
}

export type Verdict<T, K> =
  | { readonly kind: 'accepted'; readonly swap: Swap; readonly state: T | undefined; readonly known: K | undefined }
  | { readonly kind: 'duplicate'; readonly token: string }
  /** Refused; `moved` where it passed the checks that make a watermark all the same. */
  | { readonly kind: 'rejected'; readonly rejection: Rejection; readonly moved?: { state: T; timestampMs: number } };

/**
 * The judgement of the records of one partition (docs/semantics.md): tokens, watermarks and counters, and what may be forgotten. What else a
 * token is, its holder decides: the engine counts, the register only knows.
 */
export class Judging<T extends JudgedToken<K>, K> {
  readonly tokens = new Map<string, T>();
  readonly counters: Counters = { counted: 0, duplicate: 0, late: 0, rejected: 0 };
  /** Wpartition. */
  watermarkMs = NO_WATERMARK;
  readonly #shape: Shape;
  readonly #place: Place;
  readonly #maxTokens: number;
  readonly #rankOf: (known: K) => Rank;
  /** Tokens by the minute of their watermark, or an earlier one: who may be forgotten next. */
  readonly #byMinute = new SlotQueue<T>();

  constructor(shape: Shape, place: Place, maxTokens: number | undefined, rankOf: (known: K) => Rank) {
    this.#shape = shape;
    this.#place = place;
    this.#maxTokens = maxTokens ?? DEFAULT_MAX_TOKENS;
    this.#rankOf = rankOf;
  }

  /** Judges the next record, and counts the verdict. @throws TooManyTokensError before anything changed. */
  judge(record: LogRecord): Verdict<T, K> {
    const verdict = this.#judge(record);
    if (verdict.kind === 'accepted') this.counters.counted += 1;
    else if (verdict.kind === 'duplicate') this.counters.duplicate += 1;
    else if (verdict.rejection.code === 'LATE') this.counters.late += 1;
    else this.counters.rejected += 1;
    return verdict;
  }

  #judge(record: LogRecord): Verdict<T, K> {
    const checked = checkRecord(record, this.#shape.rules.maxRecordBytes, this.#place);
    if (!checked.ok) return { kind: 'rejected', rejection: checked };
    const { swap } = checked;
    const state = this.tokens.get(swap.token);
    const lateBoundMs = this.lateBound(state);
    if (swap.timestamp < lateBoundMs) {
      return rejected('LATE', `timestamp ${swap.timestamp} is before ${lateBoundMs}`);
    }
    if (state === undefined) {
      if (this.tokens.size >= this.#maxTokens) throw new TooManyTokensError(this.#maxTokens);
      return { kind: 'accepted', swap, state, known: undefined };
    }
    const known = state.known(swap.id);
    if (known === undefined) return { kind: 'accepted', swap, state, known };
    const { timestampMs, version, status } = this.#rankOf(known);
    if (timestampMs !== swap.timestamp) {
      const { rejection } = rejected(
        'ID_REUSED',
        `id ${swap.id} is known with timestamp ${timestampMs}, not ${swap.timestamp}`,
      );
      // It passed the checks that make a watermark.
      return swap.timestamp > state.watermarkMs
        ? { kind: 'rejected', rejection, moved: { state, timestampMs: swap.timestamp } }
        : { kind: 'rejected', rejection };
    }
    return outranks(swap, version, status)
      ? { kind: 'accepted', swap, state, known }
      : { kind: 'duplicate', token: swap.token };
  }

  /** Rule 4: what is older than this is late. */
  lateBound(state: T | undefined): number {
    const { rules, longestMs } = this.#shape;
    const partitionMs = this.watermarkMs - longestMs - rules.latenessMs;
    return state === undefined ? partitionMs : Math.max(state.watermarkMs - rules.latenessMs, partitionMs);
  }

  /** `timestampMs` is not after the token's watermark, or will be before long. */
  add(state: T, timestampMs: number): void {
    this.tokens.set(state.token, state);
    this.#byMinute.push(Math.floor(timestampMs / MINUTE_MS), state);
  }

  /** The partition's watermark follows; answers with the tokens that are thereby forgotten, and no longer in `tokens`. */
  raise(timestampMs: number): readonly T[] {
    if (timestampMs <= this.watermarkMs) return [];
    const isNewMinute = Math.floor(timestampMs / MINUTE_MS) !== Math.floor(this.watermarkMs / MINUTE_MS);
    this.watermarkMs = timestampMs;
    return isNewMinute ? this.#forgetOld() : [];
  }

  head(): Head {
    return { watermarkMs: this.watermarkMs === NO_WATERMARK ? null : this.watermarkMs, counters: { ...this.counters } };
  }

  restore(head: Head): void {
    this.watermarkMs = head.watermarkMs ?? NO_WATERMARK;
    Object.assign(this.counters, head.counters);
  }

  /**
   * Forgets the tokens whose last minute ended so long before the minute of the watermark that every time they know is
   * late and out of every window. The watermark alone decides, so a restored state forgets the same at the same record.
   */
  #forgetOld(): T[] {
    const forgotten: T[] = [];
    const boundMs = Math.floor(this.watermarkMs / MINUTE_MS) * MINUTE_MS - this.#shape.forgetMs;
    const end = Math.ceil(boundMs / MINUTE_MS) - 1;
    for (let due = this.#byMinute.takeBelow(end); due !== undefined; due = this.#byMinute.takeBelow(end)) {
      for (const state of due.items) {
        const minute = Math.floor(state.watermarkMs / MINUTE_MS);
        if (minute >= end) {
          this.#byMinute.push(minute, state);
        } else {
          this.tokens.delete(state.token);
          forgotten.push(state);
        }
      }
    }
    return forgotten;
  }
}

function rejected(code: Rejection['code'], reason: string): { kind: 'rejected'; rejection: Rejection } {
  return { kind: 'rejected', rejection: { code, reason } };
}
