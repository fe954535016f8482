import { ByteReader, ByteWriter } from './bytes.ts';
import type { Rank } from './judging.ts';
import { KnownToken, readRank, writeRank } from './known-token.ts';
import { CODEC_VERSION, checkCodec } from './token-journal.ts';
import type { ShardEncoding } from './types.ts';

/** How many ids are written between two looks at the time. */
const idsPerLook = 256;

interface Copy {
  token: string;
  watermarkMs: number;
  ids: [string, Rank][];
}

/** Encodes the tokens of one shard of the register as they are now, in slices. A rank never changes, so a list of them is a copy. */
export function encodeKnown(states: Iterable<KnownToken>): ShardEncoding {
  const copies = Array.from(states, (state) => ({
    token: state.token,
    watermarkMs: state.watermarkMs,
    ids: state.entries(),
  }));
  const out = new ByteWriter();
  out.unsigned(CODEC_VERSION);
  const writing = write(out, copies);
  return {
    step: (hasTime) => {
      do if (writing.next().done) return out.take();
      while (hasTime());
      return undefined;
    },
  };
}

function* write(out: ByteWriter, copies: readonly Copy[]): Generator<void> {
  for (const { token, watermarkMs, ids } of copies) {
    out.text(token);
    out.number(watermarkMs);
    out.unsigned(ids.length);
    let baseMs = 0;
    for (const [at, [id, rank]] of ids.entries()) {
      writeRank(out, id, rank, baseMs);
      baseMs = rank.timestampMs;
      if (at % idsPerLook === idsPerLook - 1) yield;
    }
    yield;
  }
}

/** The tokens of one shard, from what `encodeKnown` wrote. */
export function decodeKnown(bytes: Uint8Array, shard: number, latenessMs: number): KnownToken[] {
  const input = new ByteReader(bytes);
  checkCodec(input.unsigned());
  const states: KnownToken[] = [];
  while (!input.isAtEnd) {
    const state = new KnownToken(input.text(), shard, latenessMs);
    state.watermarkMs = input.number();
    let baseMs = 0;
    for (let left = input.unsigned(); left > 0; left -= 1) {
      const { id, rank } = readRank(input, baseMs);
      state.take(id, rank);
      baseMs = rank.timestampMs;
    }
    states.push(state);
  }
  return states;
}
