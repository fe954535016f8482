/** What a proxy understands of the bytes that go through it; `raw`: nothing, a frame is what one read gave. */
export type Protocol = 'raw' | 'kafka' | 'postgres';

/** Cuts one direction of a connection into whole messages of its protocol. */
export interface Framer {
  /** The messages that are complete with these bytes. */
  push(bytes: Buffer): Buffer[];
}

/** `from`: Postgres' clients begin with a message that has no type in front of its length; its servers do not. */
export function createFramer(protocol: Protocol, from: 'client' | 'server'): Framer {
  switch (protocol) {
    case 'kafka':
      return new LengthFramer((buffered) => (buffered.length < 4 ? undefined : 4 + buffered.readInt32BE(0)));
    case 'postgres':
      return new LengthFramer(postgresLength(from));
    case 'raw':
    default:
      return { push: (bytes) => [bytes] };
  }
}

/** The length of the message at the start of the buffer, undefined while that is not known. */
type LengthOf = (buffered: Buffer) => number | undefined;

class LengthFramer implements Framer {
  readonly #lengthOf: LengthOf;
  #buffered: Buffer = Buffer.alloc(0);

  constructor(lengthOf: LengthOf) {
    this.#lengthOf = lengthOf;
  }

  push(bytes: Buffer): Buffer[] {
    this.#buffered = this.#buffered.length === 0 ? bytes : Buffer.concat([this.#buffered, bytes]);
    const frames: Buffer[] = [];
    for (;;) {
      const length = this.#lengthOf(this.#buffered);
      if (length === undefined || this.#buffered.length < length) return frames;
      frames.push(this.#buffered.subarray(0, length));
      this.#buffered = this.#buffered.subarray(length);
    }
  }
}

/** A type of one byte, then the length of the rest in four, which counts itself. Without TLS: its negotiation is framed otherwise. */
function postgresLength(from: 'client' | 'server'): LengthOf {
  let hasType = from === 'server';
  return (buffered) => {
    if (!hasType) {
      if (buffered.length < 4) return undefined;
      const length = buffered.readInt32BE(0);
      if (buffered.length >= length) hasType = true;
      return length;
    }
    return buffered.length < 5 ? undefined : 1 + buffered.readInt32BE(1);
  };
}
