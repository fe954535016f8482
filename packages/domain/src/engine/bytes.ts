/** Distances below this are exact as the whole numbers that stand for them. */
const NEAR_MS = 2 ** 48;
const WORD = 2 ** 28;
const SHORT_TEXT = 256;

/** A growing buffer of variable-length numbers and strings: the alphabet of the journal and of the shards. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(4096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A whole number >= 0, in groups of seven bits, least first. */
  unsigned(value: number): void {
    this.#reserve(10);
    let rest = value;
    // Doubles are slow to divide: four groups at a time come off as an integer.
    while (rest >= WORD) {
      const high = Math.floor(rest / WORD);
      const low = rest - high * WORD;
      this.#bytes[this.#length] = low | 0x80;
      this.#bytes[this.#length + 1] = (low >>> 7) | 0x80;
      this.#bytes[this.#length + 2] = (low >>> 14) | 0x80;
      this.#bytes[this.#length + 3] = (low >>> 21) | 0x80;
      this.#length += 4;
      rest = high;
    }
    let word = rest | 0;
    while (word >= 0x80) {
      this.#bytes[this.#length] = word | 0x80;
      this.#length += 1;
      word >>>= 7;
    }
    this.#bytes[this.#length] = word;
    this.#length += 1;
  }

  /** A moment, as its distance from another one where that is small: bytes instead of a double. */
  time(valueMs: number, baseMs: number): void {
    const distance = valueMs - baseMs;
    if (Math.abs(distance) < NEAR_MS) this.unsigned(distance < 0 ? distance * -4 - 2 : distance * 4);
    else {
      this.unsigned(1);
      this.number(valueMs);
    }
  }

  /** A whole number or one of the infinities. */
  number(value: number): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  /** UTF-8, or UTF-16 where a text has unpaired surrogates that UTF-8 would not bring back. */
  text(value: string): void {
    if (value.length <= SHORT_TEXT && this.#ascii(value)) return;
    if (value.isWellFormed()) {
      const length = Buffer.byteLength(value);
      this.unsigned(length * 2);
      this.#reserve(length);
      this.#length += this.#bytes.write(value, this.#length, 'utf8');
    } else {
      this.unsigned(value.length * 4 + 1);
      this.#reserve(value.length * 2);
      this.#length += this.#bytes.write(value, this.#length, 'utf16le');
    }
  }

  /** Ids and addresses are short and plain: copying them here is cheaper than a call out of JavaScript. */
  #ascii(value: string): boolean {
    const start = this.#length;
    this.unsigned(value.length * 2);
    this.#reserve(value.length);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < value.length; i += 1) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) {
        this.#length = start;
        return false;
      }
      bytes[at] = unit;
      at += 1;
    }
    this.#length = at;
    return true;
  }

  /** Bytes that were written elsewhere in the same alphabet. */
  bytes(written: Uint8Array): void {
    this.#reserve(written.length);
    this.#bytes.set(written, this.#length);
    this.#length += written.length;
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#length));
  }

  clear(): void {
    this.#length = 0;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Bytes that are not what the codec writes; the caller's checksum should have caught it before. */
export class CodecError extends Error {
  readonly code = 'CODEC_INVALID';

  constructor(message: string) {
    super(message);
    this.name = 'CodecError';
  }
}

export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  unsigned(): number {
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at += 1;
      return first;
    }
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || scale > 2 ** 56) throw new CodecError(`a number is cut off at byte ${this.#at}`);
      this.#at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  time(baseMs: number): number {
    const head = this.unsigned();
    if (head === 1) return this.number();
    return baseMs + (head % 4 === 0 ? head / 4 : -(head + 2) / 4);
  }

  number(): number {
    this.#need(8);
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  text(): string {
    const head = this.unsigned();
    const isWide = head % 2 === 1;
    const length = (head - (isWide ? 1 : 0)) / 2;
    this.#need(length);
    const value = this.#bytes.toString(isWide ? 'utf16le' : 'utf8', this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  #need(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length) throw new CodecError(`${bytes} bytes are missing at byte ${this.#at}`);
  }
}
