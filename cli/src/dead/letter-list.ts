import type { ReplayMark } from '@tidemark/wire';
import { type LetterFilter, matches } from './filter.ts';
import type { StoredLetter } from './scan.ts';

/** A dead letter without its bytes. */
export interface ListedLetter {
  topic: string;
  partition: number;
  offset: number;
  code: string;
  reason: string;
  rejectedAtMs: number;
  /** Where its record stands now, when it was replayed. */
  replayedTo: string | null;
}

/** Beyond so many letters, repeats are not told from new ones; beyond so many marks, replayed letters may seem not to be. */
const maxRemembered = 1_000_000;

/** Counts letters by their code, each once however often its record was rejected, and keeps the newest. */
export class LetterList {
  readonly #filter: LetterFilter;
  readonly #limit: number;
  readonly #maxRemembered: number;
  readonly #seen = new Set<string>();
  readonly #replayedTo = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  #newest: (ListedLetter & { id: string })[] = [];
  /** Whether there were more than can be remembered. */
  isInexact = false;

  constructor(filter: LetterFilter, limit: number, remembered = maxRemembered) {
    this.#filter = filter;
    this.#limit = limit;
    this.#maxRemembered = remembered;
  }

  letter(letter: StoredLetter): void {
    const { id, topic, partition, offset, code, reason, rejectedAtMs } = letter;
    if (!matches(this.#filter, letter) || this.#seen.has(id)) return;
    if (this.#seen.size < this.#maxRemembered) this.#seen.add(id);
    else this.isInexact = true;
    this.#counts.set(code, 1 + (this.#counts.get(code) ?? 0));
    this.#newest.push({ id, topic, partition, offset, code, reason, rejectedAtMs, replayedTo: null });
    if (this.#newest.length >= 2 * this.#limit) this.#trim();
  }

  mark({ letterId, to }: ReplayMark): void {
    if (this.#replayedTo.size < this.#maxRemembered) this.#replayedTo.set(letterId, to);
    else this.isInexact = true;
  }

  /** The commonest first. */
  get counts(): { code: string; letters: number }[] {
    return Array.from(this.#counts, ([code, letters]) => ({ code, letters })).toSorted((a, b) => b.letters - a.letters);
  }

  /** The newest first. */
  get letters(): ListedLetter[] {
    this.#trim();
    return this.#newest.map(({ id, ...letter }) => ({ ...letter, replayedTo: this.#replayedTo.get(id) ?? null }));
  }

  #trim(): void {
    this.#newest = this.#newest.toSorted((a, b) => b.rejectedAtMs - a.rejectedAtMs).slice(0, this.#limit);
  }
}
