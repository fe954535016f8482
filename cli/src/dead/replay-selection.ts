import type { OutgoingRecord } from '@tidemark/kafka';
import { CodedError } from '@tidemark/runtime';
import type { PreparedReplay } from './replayer.ts';
import type { StoredLetter } from './scan.ts';

/** Past so many marks a letter could be sent twice, so nothing is sent. */
const maxMarks = 1_000_000;

/** The ids of letters that were replayed. */
export class ReplayedLetters {
  readonly #ids = new Set<string>();
  readonly #max: number;

  constructor(max = maxMarks) {
    this.#max = max;
  }

  /** @throws CodedError DEAD_LETTERS_TOO_MANY */
  add(letterId: string): void {
    if (this.#ids.size >= this.#max)
      throw new CodedError('DEAD_LETTERS_TOO_MANY', `more than ${this.#max} letters were replayed`);
    this.#ids.add(letterId);
  }

  has(letterId: string): boolean {
    return this.#ids.has(letterId);
  }
}

export interface ReplaySelectionOptions {
  /** So many letters are sent at most, and so many refusals told. */
  limit: number;
  isReplayed(letter: StoredLetter): boolean;
  /** @throws CodedError when the letter cannot be replayed */
  prepare(letter: StoredLetter): OutgoingRecord;
}

/** Of the letters that are meant those to send now, each once however often its record was rejected. What is refused takes no place. */
export class ReplaySelection {
  readonly #options: ReplaySelectionOptions;
  readonly #ready = new Map<string, PreparedReplay>();
  readonly #refused = new Map<string, CodedError>();
  /** There are more letters to send. */
  hasMore = false;

  constructor(options: ReplaySelectionOptions) {
    this.#options = options;
  }

  get ready(): PreparedReplay[] {
    return [...this.#ready.values()];
  }

  get refused(): CodedError[] {
    return [...this.#refused.values()];
  }

  /** @throws what `prepare` throws beside coded errors */
  add(letter: StoredLetter): void {
    const { limit, isReplayed, prepare } = this.#options;
    const { id } = letter;
    if (isReplayed(letter) || this.#ready.has(id) || this.#refused.has(id)) return;
    try {
      const record = prepare(letter);
      if (this.#ready.size < limit) this.#ready.set(id, { letter, record });
      else this.hasMore = true;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      if (this.#refused.size < limit) this.#refused.set(id, error);
    }
  }
}
