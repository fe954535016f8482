import { ByteReader, ByteWriter, CodecError } from './bytes.ts';

/** The version of the journals' and the shards' bytes. Raise it with every change of either. */
export const CODEC_VERSION = 1;

/** What a journal needs of a token: its name, and room to note how the running journal calls it. */
export interface JournalToken {
  readonly token: string;
  journal: number;
  journalNumber: number;
}

/**
 * The inputs that moved a state since the last cut, in log order: written as they are applied, so that a cut only
 * hands the bytes over. A token is written in full once a journal and by number from then on.
 */
export class TokenJournal {
  readonly #out = new ByteWriter();
  /** Counts the journals, from 1: tokens remember the one that they were named in. */
  #journal = 1;
  #tokens = 0;
  #entries = 0;
  #baseMs = 0;

  get isEmpty(): boolean {
    return this.#entries === 0;
  }

  /** Begins an entry, of a kind that the caller gives meaning to; `write` adds what it holds, times relative to the base. */
  add(kind: number, token: JournalToken, timestampMs: number, write: (out: ByteWriter, baseMs: number) => void): void {
    this.#out.unsigned(kind);
    this.#name(token);
    write(this.#out, this.#baseMs);
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

/** Reads one entry, and answers with its time, which is the base of the next. */
export type EntryReader = (kind: number, token: string, input: ByteReader, baseMs: number) => number;

/** Reads a journal in order; `begin` is given the watermark before the first entry, -Infinity when there was none. */
export function readTokenJournal(bytes: Uint8Array, begin: (watermarkMs: number) => EntryReader): void {
  const input = new ByteReader(bytes);
  checkCodec(input.unsigned());
  const read = begin(input.number());
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
    baseMs = read(kind, readToken(), input, baseMs);
  }
}

/** @throws CodecError when the bytes were written by another version than this one reads. */
export function checkCodec(version: number): void {
  if (version !== CODEC_VERSION) {
    throw new CodecError(`the bytes are of codec ${version}; this release reads ${CODEC_VERSION}`);
  }
}
