import { BasePlan, type BasePolicy, defaultBasePolicy, type StoredShard } from '@tidemark/checkpoint';
import type { Cut, Engine } from '@tidemark/domain';
import { round } from '../percentiles.ts';
import { GrownState } from './state.ts';

/** What checkpoints weigh for one size of state and one rate of change. */
export interface SizeRow {
  tokens: number;
  /** Tokens with one swap each between two checkpoints. */
  changes: number;
  /** All bases: what a checkpoint of the whole state would write. */
  fullBytes: number;
  /** The mean of what one checkpoint writes without bases: inputs, head, candles, tokens. */
  deltaBytes: number;
  /** The mean of the bases that are rewritten now and then, for each checkpoint, over at least one whole round. */
  baseBytes: number;
  checkpoints: number;
}

const swapsPerToken = 5;
const spreadMs = 6 * 3_600_000;
const intervalMs = 1_000;
/** A round of bases begins after that many at the latest; it then takes some more. */
const mostCheckpoints = 2_500;
/** A round in one go: how many bytes are written does not depend on slices, and here nobody waits. */
const inOneGo: BasePolicy = { ...defaultBasePolicy, sliceMs: Number.POSITIVE_INFINITY };

/** One row for each number of changes, each from a state of its own of so many tokens. */
export function measureSizes(
  seed: number,
  tokens: number,
  changes: Iterable<number>,
  say: (line: string) => void,
): SizeRow[] {
  return Array.from(changes, (count) => {
    say(`checkpoints of ${tokens} tokens, ${count} changing`);
    const swaps = tokens * swapsPerToken;
    const traders = Math.max(100, tokens / 10);
    return measureSize(new GrownState({ seed, tokens, swaps, traders, spreadMs, busiest: 0 }), tokens, count);
  });
}

function measureSize(state: GrownState, tokens: number, changes: number): SizeRow {
  const shards = encodeAll(state);
  const fullBytes = sum(shards.map(({ bytes }) => bytes.length));
  const replayFrom = state.offset;
  const plan = new BasePlan({ replayFrom, shards, deltas: [] }, inOneGo);
  let [deltaBytes, baseBytes, checkpoints] = [0, 0, 0];
  for (let isRoundOver = false; !isRoundOver && checkpoints < mostCheckpoints; checkpoints++) {
    state.change(changes, intervalMs);
    const cut = state.engine.cut()!;
    const slice = plan.take(state.offset, cut.journal, state.engine, true);
    deltaBytes += weightOf(cut);
    baseBytes += sum(slice.shards.map(({ bytes }) => bytes.length));
    isRoundOver = slice.replayFrom > replayFrom;
  }
  return {
    tokens,
    changes,
    fullBytes,
    deltaBytes: round(deltaBytes / checkpoints, 0),
    baseBytes: round(baseBytes / checkpoints, 0),
    checkpoints,
  };
}

function encodeAll({ engine, offset }: { engine: Engine; offset: number }): StoredShard[] {
  return Array.from({ length: engine.shardCount }, (_, shard) => shard).map((shard) => ({
    shard,
    atOffset: offset,
    bytes: engine.beginShard(shard).step(() => true)!,
  }));
}

function weightOf({ journal, head, candles, tokens }: Cut): number {
  return journal.length + sum([head, candles, tokens].map((rows) => Buffer.byteLength(JSON.stringify(rows))));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
