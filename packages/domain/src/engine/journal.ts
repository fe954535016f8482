import { ByteReader, ByteWriter, CodecError } from './bytes.ts';
import type { LiveSwap } from './live.ts';
import { readSwap, writeSwap } from './swap-codec.ts';

/** The version of the journal's and the shards' bytes. Raise it with every change of either. */
export const CODEC_VERSION = 1;

const ACCEPTED = 0;
const MOVED = 1;
const HAS_SYMBOL = 2;
const HAS_NAME = 4;

/** What moved the state: an accepted swap, or a refused one (a reused id) that moved the watermarks all the same. */
export interface JournalReader {
  accepted(token: string, swap: LiveSwap, symbol: string | undefined, name: string | undefined): void;
  moved(token: string, timestampMs: number): void;
}

/** What the journal needs of a token: its name, and room to note how the running journal calls it. */
export interface JournalToken {
  readonly token: string;
  journal: number;
  journalNumber: number;
}

/**
 * The inputs that moved the state since the last cut, in log order: written as they are applied, so that a cut only
 * hands the bytes over. A token is written in full once a journal and by number from then on.
 */
export class Journal {
  readonly #out = new ByteWriter();
  /** Counts the journals, from 1: tokens remember the one that they were named in. */
  #journal = 1;
  #tokens = 0;
  #entries = 0;
  #baseMs = 0;

  get isEmpty(): boolean {
    return this.#entries === 0;
  }

  accepted(token: JournalToken, swap: LiveSwap, symbol: string | undefined, name: string | undefined): void {
    const labels = (symbol === undefined ? 0 : HAS_SYMBOL) | (name === undefined ? 0 : HAS_NAME);
    this.#out.unsigned(ACCEPTED | labels);
    this.#name(token);
    this.#out.text(swap.trader);
    if (symbol !== undefined) this.#out.text(symbol);
    if (name !== undefined) this.#out.text(name);
    writeSwap(this.#out, swap, this.#baseMs);
    this.#baseMs = swap.timestampMs;
    this.#entries += 1;
  }

  moved(token: JournalToken, timestampMs: number): void {
    this.#out.unsigned(MOVED);
    this.#name(token);
    this.#out.time(timestampMs, this.#baseMs);
    this.#baseMs = timestampMs;
    this.#entries += 1;
  }

  /** The bytes since the last take, behind the watermark that the partition had then (-Infinity: none yet). */
  take(watermarkMs: number): Uint8Array {
    const head = new ByteWriter();
    head.unsigned(CODEC_VERSION);
    head.number(watermarkMs);
    const bytes = Buffer.concat([head.take(), this.#out.take()]);
    this.#out.clear();
    this.#journal += 1;
    this.#tokens = 0;
    this.#entries = 0;
    this.#baseMs = 0;
    return bytes;
  }

  #name(token: JournalToken): void {
    if (token.journal === this.#journal) {
      this.#out.unsigned(token.journalNumber);
      return;
    }
    this.#tokens += 1;
    token.journal = this.#journal;
    token.journalNumber = this.#tokens;
    this.#out.unsigned(0);
    this.#out.text(token.token);
  }
}

/**
 * Reads a journal in order; `begin` is given the watermark before the first entry, -Infinity when there was none.
 */
export function readJournal(bytes: Uint8Array, begin: (watermarkMs: number) => JournalReader): void {
  const input = new ByteReader(bytes);
  checkCodec(input.unsigned());
  const reader = begin(input.number());
  const tokens: string[] = [];
  const readToken = (): string => {
    const number = input.unsigned();
    if (number > 0) {
      const known = tokens[number - 1];
      if (known === undefined) throw new CodecError(`token ${number} is not defined`);
      return known;
    }
    const text = input.text();
    tokens.push(text);
    return text;
  };
  let baseMs = 0;
  while (!input.isAtEnd) {
    const kind = input.unsigned();
    const token = readToken();
    if (kind === MOVED) {
      baseMs = input.time(baseMs);
      reader.moved(token, baseMs);
      continue;
    }
    const trader = input.text();
    const symbol = (kind & HAS_SYMBOL) === 0 ? undefined : input.text();
    const name = (kind & HAS_NAME) === 0 ? undefined : input.text();
    const swap = readSwap(input, trader, baseMs);
    baseMs = swap.timestampMs;
    reader.accepted(token, swap, symbol, name);
  }
}

/** @throws CodecError when the bytes were written by another version than this one reads. */
export function checkCodec(version: number): void {
  if (version !== CODEC_VERSION) {
    throw new CodecError(`the bytes are of codec ${version}; this release reads ${CODEC_VERSION}`);
  }
}
