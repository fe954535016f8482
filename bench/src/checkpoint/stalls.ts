import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  BasePlan,
  type BasePolicy,
  type CheckpointStore,
  defaultBasePolicy,
  type Ownership,
} from '@tidemark/checkpoint';
import { CODEC_VERSION } from '@tidemark/domain';
import { round } from '../percentiles.ts';
import { GrownState, type StateOptions } from './state.ts';

/** In ms. */
interface Turn {
  elapsedMs: number;
  /** Of the processor, by the thread that applies: what other work on the machine does not lengthen. */
  processorMs: number;
}

/** How long applying stands still while all bases of a partition are rewritten. */
export interface StallRow {
  name: string;
  /** Of all bases together. */
  baseBytes: number;
  /** Encoding the largest shard in one go. */
  largestShardMs: number;
  /** The longest turn of the event loop while records are applied and checkpoints stored, without bases... */
  plain: Turn;
  /** ...and while every base is rewritten. */
  rewriting: Turn;
  checkpoints: number;
}

const minuteMs = 60_000;
const states: ({ name: string } & Omit<StateOptions, 'seed'>)[] = [
  {
    name: 'even: 100,000 tokens',
    tokens: 100_000,
    swaps: 500_000,
    traders: 10_000,
    spreadMs: 6 * 60 * minuteMs,
    busiest: 0,
  },
  {
    name: 'one busy token: 200,000 live swaps',
    tokens: 200,
    swaps: 220_000,
    traders: 50_000,
    spreadMs: 19 * minuteMs,
    busiest: 0.9,
  },
];
/** While it is measured: swaps a second, in real time. */
const rate = 2_000;
const intervalMs = 20;
const warmUpMs = 3_000;
/** As the aggregator applies: then other work has its turn. */
const applyMs = 8;

const never: BasePolicy = {
  ...defaultBasePolicy,
  behind: { deltaShare: 1, minDeltaBytes: Number.POSITIVE_INFINITY },
  maxDeltas: Number.POSITIVE_INFINITY,
};
const atOnce: BasePolicy = { ...defaultBasePolicy, maxDeltas: 1 };

export async function measureStalls(
  store: CheckpointStore,
  seed: number,
  { signal, say }: { signal: AbortSignal; say(line: string): void },
): Promise<StallRow[]> {
  const rows: StallRow[] = [];
  for (const [partition, { name, ...options }] of states.entries()) {
    say(`makes a state: ${name}`);
    const state = new GrownState({ seed, ...options });
    const ownership = await store.own(
      { groupId: 'bench', topic: 'swaps', partition },
      { rulesHash: 'bench', partitionCount: states.length, startOffset: state.offset },
    );
    const largest = largestShard(state);
    say(`rewrites its bases: ${name}`);
    const run = new Run(store, ownership, state, signal);
    await run.turns(never, (_checkpoints, elapsedMs) => elapsedMs > warmUpMs);
    const plain = await run.turns(never, (_checkpoints, elapsedMs) => elapsedMs > warmUpMs);
    const rewriting = await run.turns(atOnce, (_checkpoints, _elapsedMs, isRoundOver) => isRoundOver);
    rows.push({
      name,
      ...largest,
      plain: plain.longest,
      rewriting: rewriting.longest,
      checkpoints: rewriting.checkpoints,
    });
  }
  return rows;
}

/** Encodes everything, which also compiles the encoder. */
function largestShard(state: GrownState): { baseBytes: number; largestShardMs: number } {
  const { engine } = state;
  let largestShardMs = 0;
  let baseBytes = 0;
  for (const shard of engine.dirtyShards()) {
    const startMs = performance.now();
    baseBytes += engine.beginShard(shard).step(() => true)!.length;
    largestShardMs = Math.max(largestShardMs, performance.now() - startMs);
  }
  return { baseBytes, largestShardMs: round(largestShardMs, 1) };
}

type IsOver = (checkpoints: number, elapsedMs: number, isRoundOver: boolean) => boolean;

/** Applies records as they fall due, and stores checkpoints beside it. */
class Run {
  readonly #store: CheckpointStore;
  readonly #ownership: Ownership;
  readonly #state: GrownState;
  readonly #signal: AbortSignal;
  #stored: number;

  constructor(store: CheckpointStore, ownership: Ownership, state: GrownState, signal: AbortSignal) {
    this.#store = store;
    this.#ownership = ownership;
    this.#state = state;
    this.#signal = signal;
    this.#stored = state.offset;
  }

  async turns(policy: BasePolicy, isOver: IsOver): Promise<{ longest: Turn; checkpoints: number }> {
    const replayFrom = this.#stored;
    const plan = new BasePlan({ replayFrom, shards: [], deltas: [] }, policy);
    const startMs = performance.now();
    let [checkpoints, applied, isRoundOver] = [0, 0, false];
    const longest: Turn = { elapsedMs: 0, processorMs: 0 };
    let processorMs = threadMs();
    let committing: Promise<void> | undefined;
    for (let turnMs = startMs; !isOver(checkpoints, turnMs - startMs, isRoundOver); ) {
      this.#signal.throwIfAborted();
      applied += this.#applyDue(Math.floor(((turnMs - startMs) * rate) / 1_000) - applied);
      if (!committing && turnMs - startMs > checkpoints * intervalMs) {
        checkpoints++;
        const checkpoint = this.#cut(plan);
        isRoundOver = checkpoint.replayFrom > replayFrom;
        committing = this.#store.commit(this.#ownership, checkpoint).finally(() => {
          committing = undefined;
        });
      }
      await nextTurn();
      const nowMs = performance.now();
      const nowProcessorMs = threadMs();
      longest.elapsedMs = Math.max(longest.elapsedMs, round(nowMs - turnMs, 1));
      longest.processorMs = Math.max(longest.processorMs, round(nowProcessorMs - processorMs, 1));
      turnMs = nowMs;
      processorMs = nowProcessorMs;
    }
    await committing;
    return { longest, checkpoints };
  }

  #applyDue(count: number): number {
    const endMs = performance.now() + applyMs;
    let applied = 0;
    for (; applied < count && performance.now() < endMs; applied++) this.#state.go(1_000 / rate);
    return applied;
  }

  #cut(plan: BasePlan) {
    const { engine, offset } = this.#state;
    const cut = engine.cut();
    const from = this.#stored;
    this.#stored = offset;
    const delta = cut?.journal ?? new Uint8Array();
    return {
      from,
      to: offset,
      codec: CODEC_VERSION,
      delta,
      head: cut?.head ?? null,
      lastRecord: null,
      ...plan.take(offset, delta, engine),
      candles: cut?.candles ?? [],
      tokens: cut?.tokens ?? [],
    };
  }
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
