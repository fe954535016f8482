import { hostname } from 'node:os';
import type { CheckpointStore, RebuildStore } from '@tidemark/checkpoint';
import { createEngine, type Rules, rulesHash } from '@tidemark/domain';
import { type BatchProducer, createProducer, DeadLetters, type KafkaClient } from '@tidemark/kafka';
import { commandLogger } from '../command.ts';
import { note } from '../output.ts';
import { Pace } from './pace.ts';
import { PartitionRebuild } from './partition-rebuild.ts';
import type { PartitionPlan } from './plan.ts';
import { planNotes } from './plan-report.ts';
import { planRebuild } from './planner.ts';

/** What a rebuild works with. */
export interface Workplace {
  client: KafkaClient;
  store: CheckpointStore & RebuildStore;
  groupId: string;
  rules: Rules;
  maxTokens: number;
  partitionCount: number;
  signal: AbortSignal;
}

export interface Rebuilt {
  partition: number;
  generation: number;
  nextOffset: number;
  records: number;
  seconds: number;
}

const reportIntervalMs = 3_000;
const maxPendingDeadLetters = 256;

/** One partition after the other: so the memory of one is enough. */
export async function rebuildAll(
  workplace: Workplace,
  partitions: number[],
  onRebuilt: (rebuilt: Rebuilt) => void,
): Promise<Rebuilt[]> {
  const producer = createProducer(workplace.client, { maxPending: maxPendingDeadLetters });
  await producer.connect();
  const rebuilt: Rebuilt[] = [];
  try {
    for (const partition of partitions) {
      workplace.signal.throwIfAborted();
      const [planned] = await planRebuild(workplace, [partition]);
      for (const line of planNotes([planned!])) note(line);
      const one = await rebuildOne(workplace, planned!, producer);
      onRebuilt(one);
      rebuilt.push(one);
    }
  } finally {
    await producer.close();
  }
  return rebuilt;
}

async function rebuildOne(workplace: Workplace, planned: PartitionPlan, producer: BatchProducer): Promise<Rebuilt> {
  const { client, store, groupId, rules, maxTokens, partitionCount, signal } = workplace;
  const { partition, fromOffset, endOffset, supersedes, candlesFromMs } = planned;
  const topic = client.topicName('swaps');
  const rebuilding = await store.beginRebuild(
    { groupId, topic, partition },
    {
      rulesHash: rulesHash(rules),
      partitionCount,
      startOffset: fromOffset,
      topicId: await client.topicId('swaps'),
      supersedes,
      candlesFromMs,
      worker: `${hostname()}:${process.pid}`,
    },
  );
  const startMs = performance.now();
  const pace = new Pace(fromOffset, startMs);
  const deadLetters = new DeadLetters({
    topic,
    partition,
    producer,
    log: commandLogger('warn'),
    onRejected: () => undefined,
    isCurrent: () => !signal.aborted,
  });
  const engine = createEngine({ rules, partition, partitionCount, maxTokens });
  const run = new PartitionRebuild({
    client,
    rebuild: rebuilding,
    engine,
    deadLetters,
    fromOffset,
    endOffset,
    signal,
  });
  const reporter = setInterval(
    () => note(`partition ${partition}: ${pace.line(run.progress, performance.now())}`),
    reportIntervalMs,
  );
  try {
    await run.run();
  } finally {
    clearInterval(reporter);
    await rebuilding.close();
  }
  const { nextOffset } = run.progress;
  return {
    partition,
    generation: rebuilding.generation,
    nextOffset,
    records: nextOffset - fromOffset,
    seconds: (performance.now() - startMs) / 1_000,
  };
}
