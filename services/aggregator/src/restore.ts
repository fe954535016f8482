import { type CheckpointStore, type Ownership, restoreEngine } from '@tidemark/checkpoint';
import { createEngine, type Engine, type Rules } from '@tidemark/domain';
import { type BatchProducer, DeadLetters, type PartitionOffsets } from '@tidemark/kafka';
import type { Restoring } from '@tidemark/ownership';
import { isCoded, type Logger } from '@tidemark/runtime';
import type { StatsStore } from '@tidemark/store';
import type { AggregatorMetrics } from './metrics.ts';
import { OwnedPartition } from './owned-partition.ts';
import { PublishQueue, type PublishQueueOptions } from './publish-queue.ts';
import type { ClockMode } from './read-moment.ts';

export interface RestoreOptions {
  store: CheckpointStore;
  stats: StatsStore;
  deadLetterProducer: BatchProducer;
  partitionCount: number;
  rules: Rules;
  maxTokens: number;
  clock: ClockMode;
  nowMs: () => number;
  publishing: PublishQueueOptions;
  metrics: Pick<AggregatorMetrics, 'rejected'>;
  log: Logger;
}

/** Makes the engine of a partition from its checkpoint, with what it has to publish first. */
export async function restorePartition(options: RestoreOptions, restoring: Restoring): Promise<OwnedPartition> {
  const { stats, rules, partitionCount, maxTokens, clock, nowMs, publishing } = options;
  const { assignment, ownership, stored, bounds } = restoring;
  const { partition } = assignment;
  const engine = createEngine({ rules, partition, partitionCount, maxTokens });
  const [lastBeat] = await Promise.all([
    readLastBeat(stats, partition),
    restoreEngine(engine, stored, assignment.signal),
  ]);
  const queue = new PublishQueue(publishing);
  queue.add(await tokensThatLeft(options, ownership, lastBeat, engine), 'paced');
  return new OwnedPartition({
    assignment,
    ownership,
    state: engine,
    stored,
    queue,
    deadLetters: deadLettersOf(options, restoring),
    clock,
    nowMs,
    endOffset: bounds.high,
    publishFloor: publishFloor(ownership, lastBeat, bounds),
  });
}

function deadLettersOf({ deadLetterProducer, log, metrics }: RestoreOptions, { ownership, isOurs }: Restoring) {
  const { topic, partition } = ownership.key;
  return new DeadLetters({
    topic,
    partition,
    producer: deadLetterProducer,
    log,
    onRejected: (code) => metrics.rejected.inc({ code }),
    isCurrent: isOurs,
  });
}

/**
 * Tokens that an earlier generation published and this one does not know: their values have to go. Told until a heartbeat of this
 * generation has vouched for that.
 */
async function tokensThatLeft(
  { store, partitionCount }: RestoreOptions,
  { key, generation }: Ownership,
  lastBeat: readonly number[] | null,
  engine: Engine,
): Promise<string[]> {
  if (generation === 1 || (lastBeat !== null && lastBeat[0]! >= generation)) return [];
  const tokens = await store.knownTokens(key, partitionCount);
  return tokens.filter((token) => !engine.has(token));
}

async function readLastBeat(stats: StatsStore, partition: number): Promise<readonly number[] | null> {
  try {
    return (await stats.readHeartbeat(partition))?.version ?? null;
  } catch (error) {
    if (isCoded(error, 'REDIS_UNAVAILABLE')) return null;
    throw error;
  }
}

/**
 * A former owner published up to somewhere past its last heartbeat. Compaction keeps the last record of a token and not the
 * greatest version, so nothing older may follow; where the heartbeat is not known, the log's end is surely far enough. A rebuilt
 * generation has to get as far as the former one was, too, unless the log that is there now does not reach so far.
 */
function publishFloor({ generation }: Ownership, lastBeat: readonly number[] | null, bounds: PartitionOffsets): number {
  if (lastBeat === null || lastBeat[0]! > generation) return bounds.high;
  return Math.min(lastBeat[1]!, bounds.high);
}
