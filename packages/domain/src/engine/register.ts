import { JudgedState } from './judged-state.ts';
import { Judging, type Rank } from './judging.ts';
import { decodeKnown, encodeKnown } from './known-shard.ts';
import { KnownToken, readRank, writeRank } from './known-token.ts';
import { shapeOf } from './shape.ts';
import { Shards } from './shards.ts';
import { readTokenJournal, TokenJournal } from './token-journal.ts';
import type { Cut, EngineOptions, LogRecord, Register, Registered, ShardEncoding } from './types.ts';

const ACCEPTED = 0;
const MOVED = 1;

/** @throws RulesError when the rules do not hold together. */
export function createRegister(options: EngineOptions): Register {
  return new PartitionRegister(options);
}

class PartitionRegister extends JudgedState<KnownToken, Rank> implements Register {
  readonly #latenessMs: number;
  readonly #journal = new TokenJournal();

  constructor(options: EngineOptions) {
    super(
      new Judging(shapeOf(options.rules), options, options.maxTokens, (rank: Rank) => rank),
      new Shards(options.shardCount),
    );
    this.#latenessMs = options.rules.latenessMs;
  }

  apply(record: LogRecord): Registered {
    const verdict = this.judging.judge(record);
    this.hasCountedSinceCut = true;
    switch (verdict.kind) {
      case 'accepted': {
        const { swap } = verdict;
        const { id, timestamp: timestampMs, version = 1, status = 'confirmed' } = swap;
        const state = verdict.state ?? this.#create(swap.token, timestampMs);
        const rank = { timestampMs, version, status };
        this.#journal.add(ACCEPTED, state, timestampMs, (out, baseMs) => writeRank(out, id, rank, baseMs));
        this.#take(state, id, rank);
        return { kind: 'accepted', swap };
      }
      case 'duplicate':
        return verdict;
      default: {
        const { rejection, moved } = verdict;
        if (moved) {
          const { state, timestampMs } = moved;
          this.#journal.add(MOVED, state, timestampMs, (out, baseMs) => out.time(timestampMs, baseMs));
          this.#move(state, timestampMs);
        }
        return { kind: 'rejected', code: rejection.code, reason: rejection.reason };
      }
    }
  }

  #create(token: string, timestampMs: number): KnownToken {
    const state = new KnownToken(token, this.shardOf(token), this.#latenessMs);
    this.add(state, timestampMs);
    return state;
  }

  #take(state: KnownToken, id: string, rank: Rank): void {
    state.take(id, rank);
    this.#move(state, rank.timestampMs);
  }

  #move(state: KnownToken, timestampMs: number): void {
    state.raise(timestampMs);
    this.shards.touch(state.shard);
    this.#raise(timestampMs);
  }

  #raise(timestampMs: number): void {
    for (const forgotten of this.judging.raise(timestampMs)) {
      this.shards.remove(forgotten);
      this.shards.touch(forgotten.shard);
    }
  }

  cut(): Cut | null {
    if (this.#journal.isEmpty && !this.hasCountedSinceCut) return null;
    const journal = this.#journal.take(this.watermarkAtCutMs);
    this.startCut();
    return { journal, head: this.judging.head(), candles: [], tokens: [] };
  }

  beginShard(shard: number): ShardEncoding {
    return encodeKnown(this.shards.begin(shard));
  }

  restoreShard(shard: number, bytes: Uint8Array): void {
    for (const state of decodeKnown(bytes, shard, this.#latenessMs)) this.add(state, state.watermarkMs);
    this.shards.restored(shard);
  }

  replay(journal: Uint8Array, accepts: (shard: number) => boolean): void {
    readTokenJournal(journal, (watermarkMs) => {
      this.judging.watermarkMs = watermarkMs;
      return (kind, token, input, baseMs) => {
        const entry = kind === MOVED ? undefined : readRank(input, baseMs);
        const timestampMs = entry?.rank.timestampMs ?? input.time(baseMs);
        if (!accepts(this.shardOf(token))) {
          this.#raise(timestampMs);
        } else if (entry) {
          const state = this.judging.tokens.get(token) ?? this.#create(token, timestampMs);
          this.#take(state, entry.id, entry.rank);
        } else {
          // Only a token with a known id can be moved without a swap, so it is there.
          this.#move(this.judging.tokens.get(token)!, timestampMs);
        }
        return timestampMs;
      };
    });
    this.startCut();
  }
}
