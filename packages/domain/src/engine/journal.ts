import type { LiveSwap } from './live.ts';
import { readSwap, writeSwap } from './swap-codec.ts';
import { type JournalToken, readTokenJournal, TokenJournal } from './token-journal.ts';

const ACCEPTED = 0;
const MOVED = 1;
const HAS_SYMBOL = 2;
const HAS_NAME = 4;

/** What moved the state: an accepted swap, or a refused one (a reused id) that moved the watermarks all the same. */
export interface JournalReader {
  accepted(token: string, swap: LiveSwap, symbol: string | undefined, name: string | undefined): void;
  moved(token: string, timestampMs: number): void;
}

/** The engine's journal: accepted swaps as the state takes them. */
export class Journal {
  readonly #entries = new TokenJournal();

  get isEmpty(): boolean {
    return this.#entries.isEmpty;
  }

  accepted(token: JournalToken, swap: LiveSwap, symbol: string | undefined, name: string | undefined): void {
    const labels = (symbol === undefined ? 0 : HAS_SYMBOL) | (name === undefined ? 0 : HAS_NAME);
    this.#entries.add(ACCEPTED | labels, token, swap.timestampMs, (out, baseMs) => {
      out.text(swap.trader);
      if (symbol !== undefined) out.text(symbol);
      if (name !== undefined) out.text(name);
      writeSwap(out, swap, baseMs);
    });
  }

  moved(token: JournalToken, timestampMs: number): void {
    this.#entries.add(MOVED, token, timestampMs, (out, baseMs) => out.time(timestampMs, baseMs));
  }

  /** See TokenJournal. */
  take(watermarkMs: number): Uint8Array {
    return this.#entries.take(watermarkMs);
  }
}

/** Reads a journal in order; `begin` is given the watermark before the first entry, -Infinity when there was none. */
export function readJournal(bytes: Uint8Array, begin: (watermarkMs: number) => JournalReader): void {
  readTokenJournal(bytes, (watermarkMs) => {
    const reader = begin(watermarkMs);
    return (kind, token, input, baseMs) => {
      if (kind === MOVED) {
        const movedMs = input.time(baseMs);
        reader.moved(token, movedMs);
        return movedMs;
      }
      const trader = input.text();
      const symbol = (kind & HAS_SYMBOL) === 0 ? undefined : input.text();
      const name = (kind & HAS_NAME) === 0 ? undefined : input.text();
      const swap = readSwap(input, trader, baseMs);
      reader.accepted(token, swap, symbol, name);
      return swap.timestampMs;
    };
  });
}
