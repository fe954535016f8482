import type { Engine, ShardEncoding } from '@tidemark/domain';
import type { Checkpoint, StoredState } from './checkpoint.ts';

/** How much may have to be replayed before bases are rewritten. */
interface Replay {
  /** A round of rewriting begins when the deltas since the last one weigh this share of all bases... */
  deltaShare: number;
  /** ...and at least this much, so that small states are not rewritten all the time... */
  minDeltaBytes: number;
}

/** When and how bases are rewritten. */
export interface BasePolicy {
  /** While there is more to apply, which comes first. */
  behind: Replay;
  /** At the end of the log, where there is time to make the next restore short. */
  atEnd: Replay;
  /** ...or when there are this many deltas. */
  maxDeltas: number;
  /** The longest that one checkpoint encodes shards for, in ms, but for the copy of one token. */
  sliceMs: number;
}

export const defaultBasePolicy: BasePolicy = {
  behind: { deltaShare: 0.5, minDeltaBytes: 4 * 1_048_576 },
  atEnd: { deltaShare: 0.1, minDeltaBytes: 262_144 },
  maxDeltas: 1_800,
  sliceMs: 5,
};

export type BaseSlice = Pick<Checkpoint, 'shards' | 'replayFrom'>;

type ShardedState = Pick<Engine, 'dirtyShards' | 'beginShard'>;

/**
 * Decides which shards a checkpoint rewrites. Replay after a restart reads all deltas since the oldest shard, so deltas must not
 * grow without end; a rewrite costs the size of the state, so it is paid in proportion to what changed, and in slices.
 */
export class BasePlan {
  readonly #policy: BasePolicy;
  readonly #baseBytes = new Map<number, number>();
  #deltaBytes = 0;
  #deltas = 0;
  #replayFrom: number;
  /** The running round: where it began, and the shards that it still has to write. */
  #round: { from: number; remaining: number[] } | undefined;
  /** The shard that is being encoded, which may take several checkpoints. */
  #underWay: { shard: number; atOffset: number; encoding: ShardEncoding } | undefined;

  /** `stored`: what a restore found; its deltas count as if they were new. */
  constructor(stored: Pick<StoredState, 'replayFrom' | 'shards' | 'deltas'>, policy = defaultBasePolicy) {
    this.#policy = policy;
    this.#replayFrom = stored.replayFrom;
    for (const { shard, bytes } of stored.shards) this.#baseBytes.set(shard, bytes.length);
    for (const { bytes } of stored.deltas) this.#count(bytes);
  }

  /** What to store with the checkpoint that ends at `to`; to be called right after the engine's cut. */
  take(
    to: number,
    delta: Uint8Array,
    state: ShardedState,
    isAtEnd = false,
    nowMs: () => number = () => performance.now(),
  ): BaseSlice {
    this.#count(delta);
    if (!this.#round && this.#isDue(isAtEnd ? this.#policy.atEnd : this.#policy.behind))
      this.#begin(to, state.dirtyShards());
    const shards = this.#round ? this.#encode(this.#round.remaining, to, state, nowMs) : [];
    if (this.#round?.remaining.length === 0 && !this.#underWay) {
      this.#replayFrom = this.#round.from;
      this.#round = undefined;
    }
    return { shards, replayFrom: this.#replayFrom };
  }

  #begin(from: number, remaining: number[]): void {
    this.#round = { from, remaining };
    this.#deltaBytes = 0;
    this.#deltas = 0;
  }

  /** What becomes whole in one slice of time. */
  #encode(remaining: number[], to: number, state: ShardedState, nowMs: () => number): BaseSlice['shards'] {
    const shards: BaseSlice['shards'] = [];
    const endMs = nowMs() + this.#policy.sliceMs;
    const hasTime = () => nowMs() < endMs;
    do {
      this.#underWay ??= begin(remaining.pop(), to, state);
      if (!this.#underWay) break;
      const { shard, atOffset, encoding } = this.#underWay;
      const bytes = encoding.step(hasTime);
      if (!bytes) break;
      this.#underWay = undefined;
      this.#baseBytes.set(shard, bytes.length);
      shards.push({ shard, atOffset, bytes });
    } while (hasTime());
    return shards;
  }

  #count(delta: Uint8Array): void {
    this.#deltaBytes += delta.length;
    this.#deltas++;
  }

  #isDue({ deltaShare, minDeltaBytes }: Replay): boolean {
    if (this.#deltas >= this.#policy.maxDeltas) return true;
    if (this.#deltaBytes < minDeltaBytes) return false;
    let baseBytes = 0;
    for (const bytes of this.#baseBytes.values()) baseBytes += bytes;
    return this.#deltaBytes >= baseBytes * deltaShare;
  }
}

function begin(shard: number | undefined, atOffset: number, state: ShardedState) {
  return shard === undefined ? undefined : { shard, atOffset, encoding: state.beginShard(shard) };
}
