import { ByteReader, ByteWriter, CodecError } from './bytes.ts';
import type { LiveSwap } from './live.ts';
import { readSwap, writeSwap } from './swap-codec.ts';

/** The version of the journal's and the shards' bytes. Raise it with every change of either. */
export const CODEC_VERSION = 1;

const ACCEPTED = 0;
const MOVED = 1;
const LABELLED = 2;

/** What moved the state: an accepted swap, or a refused one (a reused id) that moved the watermarks all the same. */
export interface JournalReader {
  accepted(token: string, swap: LiveSwap, symbol: string | undefined, name: string | undefined): void;
  moved(token: string, timestampMs: number): void;
}

/**
 * The inputs that moved the state since the last cut, in log order: written as they are applied, so that a cut only
 * hands the bytes over. Tokens and traders are written in full once a journal and by number from then on.
 */
export class Journal {
  readonly #out = new ByteWriter();
  readonly #names = new Map<string, number>();
  #entries = 0;
  #baseMs = 0;

  get isEmpty(): boolean {
    return this.#entries === 0;
  }

  accepted(token: string, swap: LiveSwap, symbol: string | undefined, name: string | undefined): void {
    const isLabelled = symbol !== undefined || name !== undefined;
    this.#out.unsigned(ACCEPTED | (isLabelled ? LABELLED : 0));
    this.#name(token);
    this.#name(swap.trader);
    if (isLabelled) {
      this.#out.unsigned((symbol === undefined ? 0 : 1) | (name === undefined ? 0 : 2));
      if (symbol !== undefined) this.#name(symbol);
      if (name !== undefined) this.#name(name);
    }
    writeSwap(this.#out, swap, this.#baseMs);
    this.#baseMs = swap.timestampMs;
    this.#entries += 1;
  }

  moved(token: string, timestampMs: number): void {
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
    this.#names.clear();
    this.#entries = 0;
    this.#baseMs = 0;
    return bytes;
  }

  #name(text: string): void {
    const known = this.#names.get(text);
    if (known !== undefined) {
      this.#out.unsigned(known + 1);
      return;
    }
    this.#names.set(text, this.#names.size);
    this.#out.unsigned(0);
    this.#out.text(text);
  }
}

/**
 * Reads a journal in order; `begin` is given the watermark before the first entry, -Infinity when there was none.
 */
export function readJournal(bytes: Uint8Array, begin: (watermarkMs: number) => JournalReader): void {
  const input = new ByteReader(bytes);
  checkCodec(input.unsigned());
  const reader = begin(input.number());
  const names: string[] = [];
  const readName = (): string => {
    const number = input.unsigned();
    if (number > 0) {
      const known = names[number - 1];
      if (known === undefined) throw new CodecError(`name ${number} is not defined`);
      return known;
    }
    const text = input.text();
    names.push(text);
    return text;
  };
  let baseMs = 0;
  while (!input.isAtEnd) {
    const kind = input.unsigned();
    const token = readName();
    if (kind === MOVED) {
      baseMs = input.time(baseMs);
      reader.moved(token, baseMs);
      continue;
    }
    const trader = readName();
    const labels = (kind & LABELLED) === 0 ? 0 : input.unsigned();
    const symbol = (labels & 1) === 0 ? undefined : readName();
    const name = (labels & 2) === 0 ? undefined : readName();
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
