import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { silentLogger } from '@tidemark/runtime';
import {
  type Assignment,
  type PartitionBatch,
  PartitionConsumer,
  type PartitionConsumerOptions,
  type PartitionProcessor,
} from '../src/index.ts';
import type { Cluster } from './cluster.ts';

/** A processor that notes what it is given, and goes on where it was: its positions stand for a checkpoint. */
export class Recorder implements PartitionProcessor {
  readonly values: { partition: number; offset: number; value: string }[] = [];
  readonly assignments: Assignment[] = [];
  readonly refusals: { partition: number; error: Error }[] = [];
  readonly revocations: number[] = [];
  readonly positions: Map<number, number>;
  joins = 0;
  crash: Error | undefined;
  /** Called before a batch is noted; may fail or wait. */
  onBatch: (assignment: Assignment, batch: PartitionBatch) => Promise<void> | void = () => undefined;
  onAssigned: (assignment: Assignment) => Promise<void> | void = () => undefined;
  readonly #changes = new EventTarget();

  /** Recorders of one group share their positions. */
  constructor(positions = new Map<number, number>()) {
    this.positions = positions;
  }

  async assigned(assignment: Assignment): Promise<number> {
    this.assignments.push(assignment);
    await this.onAssigned(assignment);
    this.changed();
    return this.positions.get(assignment.partition) ?? 0;
  }

  async records(assignment: Assignment, batch: PartitionBatch): Promise<void> {
    await this.onBatch(assignment, batch);
    if (assignment.ended) return;
    for (const { offset, value } of batch.records) {
      this.values.push({ partition: assignment.partition, offset, value: String(value) });
    }
    this.passed(assignment, batch.nextOffset);
  }

  passed({ partition }: Assignment, nextOffset: number): void {
    this.positions.set(partition, nextOffset);
    this.changed();
  }

  revoked(partition: number): void {
    this.revocations.push(partition);
    this.changed();
  }

  refused(partition: number, error: Error): void {
    this.refusals.push({ partition, error });
    this.changed();
  }

  valuesOf(partition = 0): string[] {
    return this.values.filter((one) => one.partition === partition).map(({ value }) => value);
  }

  changed(): void {
    this.#changes.dispatchEvent(new Event('change'));
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.#changes, 'change');
  }
}

/** A member of the test's group, under way. */
export async function join(
  t: TestContext,
  { client }: Cluster,
  recorder: Recorder,
  options: Partial<PartitionConsumerOptions> = {},
): Promise<PartitionConsumer> {
  const consumer = new PartitionConsumer(client, {
    topic: 'swaps',
    groupId: `${client.options.topicPrefix}group`,
    partitionCount: await client.partitionCount('swaps'),
    sessionTimeoutMs: 6_000,
    processor: recorder,
    log: silentLogger(),
    onJoined: () => {
      recorder.joins++;
      recorder.changed();
    },
    onLeft: () => undefined,
    onCrash: (error) => {
      recorder.crash = error;
      recorder.changed();
    },
    ...options,
  });
  t.after(() => consumer.close());
  await consumer.start();
  return consumer;
}
