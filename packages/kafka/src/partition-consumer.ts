import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError, isCoded, type Logger } from '@tidemark/runtime';
import type { TopicName } from '@tidemark/wire';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { Assignment } from './assignment.ts';
import type { KafkaClient } from './client.ts';
import { Heartbeats } from './heartbeats.ts';
import { type ConsumedRecord, consumedRecord } from './record.ts';

/** What is done with the partitions that this member of the group has. */
export interface PartitionProcessor {
  /**
   * The partition is this member's from now on: restore what belongs to it, answer with the offset to read from. Errors that
   * can pass are tried again; others refuse the partition.
   */
  assigned(assignment: Assignment): Promise<number>;
  /** Records in the order of the log, one call of a partition at a time. */
  records(assignment: Assignment, batch: PartitionBatch): Promise<void>;
  /** The log goes on at `nextOffset`; what was before it and after the last records is not for readers (control records). */
  passed(assignment: Assignment, nextOffset: number): void;
  /** The partition has left this member. Called at once, before the group goes on. */
  revoked(partition: number): void;
  /** The partition stands still: starting again does not help. */
  refused(partition: number, error: Error): void;
}

export interface PartitionBatch {
  records: ConsumedRecord[];
  /** Where the log goes on after the records. */
  nextOffset: number;
  /** The end of the log when the batch was fetched. */
  endOffset: number;
  /** To be called now and then during long work: keeps the membership. Throws when the group rebalances; let it through. */
  heartbeat(): Promise<void>;
}

export interface PartitionConsumerOptions {
  topic: TopicName;
  groupId: string;
  partitionCount: number;
  /** How long the group waits for a silent member. */
  sessionTimeoutMs: number;
  processor: PartitionProcessor;
  log: Logger;
  /** The group has given this member its partitions, or none. */
  onJoined(): void;
  /** The client gave up: the process should end and be started again. */
  onCrash(error: Error): void;
}

const heartbeatIntervalMs = 200;
const longestFetchWaitMs = 200;
const restoreRetryMs = 500;
const maxFetchBytes = 8 * 1_048_576;

/**
 * A member of a consumer group that hands each of its partitions to a processor. The client (kafkajs) has no revoke hook and may
 * run a batch of a former assignment beside the next one, so every batch belongs to an `Assignment`, and only a batch that begins
 * exactly at the assignment's position is passed on.
 */
export class PartitionConsumer {
  readonly #options: PartitionConsumerOptions;
  readonly #topic: string;
  readonly #consumer: Consumer;
  readonly #heartbeats = new Heartbeats();
  readonly #assignments = new Map<number, Assignment>();
  readonly #running = new Set<Promise<void>>();
  #closing = false;

  constructor(client: KafkaClient, options: PartitionConsumerOptions) {
    this.#options = options;
    this.#topic = client.topicName(options.topic);
    this.#consumer = client.kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: options.sessionTimeoutMs,
      rebalanceTimeout: options.sessionTimeoutMs,
      heartbeatInterval: heartbeatIntervalMs,
      maxWaitTimeInMs: longestFetchWaitMs,
      maxBytes: maxFetchBytes,
      allowAutoTopicCreation: false,
      retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 2_000, restartOnFailure: async () => !this.#closing },
    });
    this.#listen();
  }

  /** Joins the group; partitions come by `assigned`. */
  async start(): Promise<void> {
    await this.#consumer.connect();
    // An offset out of range makes the client begin elsewhere; from the start is where the position check notices it.
    await this.#consumer.subscribe({ topic: this.#topic, fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: this.#options.partitionCount,
      eachBatch: (payload) => {
        const run = this.#eachBatch(payload).finally(() => this.#running.delete(run));
        this.#running.add(run);
        return run;
      },
    });
  }

  get assignments(): Assignment[] {
    return [...this.#assignments.values()];
  }

  /** Tells the group how far the partition is: for lag displays, never for restoring. */
  async commitOffset(assignment: Assignment, offset: number): Promise<void> {
    if (!assignment.current) return;
    await this.#consumer.commitOffsets([
      { topic: this.#topic, partition: assignment.partition, offset: String(offset) },
    ]);
  }

  /** Ends the assignment and begins it anew, with `assigned`. */
  restart(assignment: Assignment): void {
    if (!assignment.current) return;
    assignment.end();
    this.#consumer.pause([{ topic: this.#topic, partitions: [assignment.partition] }]);
    this.#begin(assignment.partition);
  }

  /** Takes no more records and finishes those under way. The membership stays until `close`, so that positions can be stored. */
  async pause(): Promise<void> {
    this.#closing = true;
    for (const assignment of this.assignments) assignment.ready = false;
    const partitions = [...this.#assignments.keys()];
    if (partitions.length > 0) this.#consumer.pause([{ topic: this.#topic, partitions }]);
    await Promise.allSettled(this.#running);
  }

  /** Leaves the group. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const assignment of this.assignments) assignment.end();
    await this.#consumer.disconnect();
  }

  #listen(): void {
    const { events, on } = this.#consumer;
    on(events.GROUP_JOIN, ({ payload }) => this.#joined(payload.memberAssignment[this.#topic] ?? []));
    on(events.HEARTBEAT, () => this.#heartbeats.succeeded());
    on(events.END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0) this.#emptyBatch(payload as typeof payload & { fetchedOffset: string });
    });
    on(events.CRASH, ({ payload }) => {
      for (const assignment of this.assignments) this.#drop(assignment);
      if (!payload.restart && !this.#closing) {
        this.#options.onCrash(new CodedError('CONSUMER_CRASHED', payload.error.message, { cause: payload.error }));
      }
    });
  }

  /** Runs synchronously inside the client's join, before it fetches again. */
  #joined(partitions: number[]): void {
    if (this.#closing) return;
    const lost = this.assignments.filter(({ partition }) => !partitions.includes(partition));
    this.#options.log.info(
      { partitions: partitions.toSorted((a, b) => a - b), lost: lost.map(({ partition }) => partition) },
      'partitions assigned',
    );
    for (const assignment of lost) this.#drop(assignment);
    for (const assignment of this.assignments) assignment.end();
    this.#options.onJoined();
    if (partitions.length === 0) return;
    // Pauses and positions of the former assignment survive in the client: everything is paused, then sought anew.
    this.#consumer.pause([{ topic: this.#topic, partitions }]);
    for (const partition of partitions) this.#begin(partition);
  }

  #drop(assignment: Assignment): void {
    assignment.end();
    this.#assignments.delete(assignment.partition);
    this.#options.processor.revoked(assignment.partition);
  }

  #begin(partition: number): void {
    const assignment = new Assignment(partition, (signal) => this.#heartbeats.confirmed(signal));
    this.#assignments.set(partition, assignment);
    void this.#restore(assignment);
  }

  async #restore(assignment: Assignment): Promise<void> {
    const { processor, log } = this.#options;
    const { partition } = assignment;
    while (assignment.current) {
      try {
        const position = await processor.assigned(assignment);
        if (!assignment.current || this.#closing) return;
        assignment.position = position;
        assignment.ready = true;
        this.#consumer.seek({ topic: this.#topic, partition, offset: String(position) });
        this.#consumer.resume([{ topic: this.#topic, partitions: [partition] }]);
        return;
      } catch (error) {
        if (!assignment.current) return;
        if (isCoded(error) && !error.retryable) return processor.refused(partition, error);
        log.warn({ partition, error }, `cannot restore partition ${partition} yet: ${(error as Error).message}`);
        await sleep(restoreRetryMs, undefined, { signal: assignment.signal }).catch(() => undefined);
      }
    }
  }

  async #eachBatch({ batch, resolveOffset, heartbeat }: EachBatchPayload): Promise<void> {
    const assignment = this.#assignments.get(batch.partition);
    if (
      !assignment?.ready ||
      !this.#startsAtPosition(assignment, (batch as unknown as { fetchedOffset: string }).fetchedOffset)
    )
      return;
    const nextOffset = Number(batch.lastOffset()) + 1;
    // A compressed batch may begin before the offset that was asked for.
    const records = batch.messages
      .map((message) => consumedRecord(batch.partition, message))
      .filter(({ offset }) => offset >= assignment.position);
    try {
      await this.#options.processor.records(assignment, {
        records,
        nextOffset,
        endOffset: Number(batch.highWatermark),
        heartbeat,
      });
    } catch (error) {
      if (!assignment.current) return;
      // What can pass is tried again by the client, after a pause.
      if (!isCoded(error) || error.retryable) throw error;
      this.#stand(assignment, error);
    }
    if (!assignment.ready || !assignment.current) return;
    assignment.position = nextOffset;
    resolveOffset(String(nextOffset - 1));
  }

  /** Stops one partition; the others go on. */
  #stand(assignment: Assignment, error: CodedError): void {
    assignment.ready = false;
    this.#consumer.pause([{ topic: this.#topic, partitions: [assignment.partition] }]);
    this.#options.processor.refused(assignment.partition, error);
  }

  #emptyBatch({
    partition,
    fetchedOffset,
    lastOffset,
  }: {
    partition: number;
    fetchedOffset: string;
    lastOffset: string;
  }): void {
    const assignment = this.#assignments.get(partition);
    if (!assignment?.ready || Number(fetchedOffset) !== assignment.position) return;
    assignment.position = Number(lastOffset) + 1;
    this.#options.processor.passed(assignment, assignment.position);
  }

  /**
   * A batch from elsewhere is either left over from a former assignment, or the client's answer to an offset that is out of
   * range. Beginning anew is right for both: it compares the position with the bounds of the log.
   */
  #startsAtPosition(assignment: Assignment, fetchedOffset: string): boolean {
    if (Number(fetchedOffset) === assignment.position) return true;
    const { partition, position } = assignment;
    this.#options.log.warn({ partition, position, fetchedOffset }, 'a batch from another position was left out');
    this.restart(assignment);
    return false;
  }
}
