import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError, isCoded, type Logger } from '@tidemark/runtime';
import type { TopicName } from '@tidemark/wire';
import kafkajs, { type Consumer, type EachBatchPayload } from 'kafkajs';
import { Assignment } from './assignment.ts';
import type { KafkaClient } from './client.ts';
import { type GroupMember, Membership } from './membership.ts';
import { type ConsumedRecord, consumedRecord } from './record.ts';
import { stickyAssigner } from './sticky-assigner.ts';
import type { Claim } from './sticky-assignment.ts';

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
  /** The group has given this member its partitions, or none; `tookMs` since it was known to rebalance. */
  onJoined(tookMs: number): void;
  /** The client lost the group, and joins it again by itself. */
  onLeft(): void;
  /** The client gave up: the process should end and be started again. */
  onCrash(error: Error): void;
}

/** How late a rebalance is noticed, and how long a partition that is resumed waits for its turn: both are part of every rebalance. */
const heartbeatIntervalMs = 100;
const longestFetchWaitMs = 100;
const restoreRetryMs = 500;
const maxFetchBytes = 8 * 1_048_576;

/** What `patches/` adds to the client. */
interface PatchedConsumer extends Consumer {
  confirm(member: GroupMember): Promise<void>;
}

/**
 * A member of a consumer group that hands each of its partitions to a processor. The client (kafkajs) has no revoke hook and may
 * run a batch of a former assignment beside the next one, so every batch belongs to an `Assignment`, and only a batch that begins
 * exactly at the assignment's position is passed on.
 */
export class PartitionConsumer {
  readonly #options: PartitionConsumerOptions;
  readonly #topic: string;
  readonly #consumer: Consumer;
  readonly #membership: Membership;
  readonly #assignments = new Map<number, Assignment>();
  readonly #running = new Set<Promise<void>>();
  /** What the group gave last: told when joining again, so that it stays here. */
  #claim: Claim | undefined;
  #rebalancingSinceMs: number | undefined;
  #closing = false;

  constructor(client: KafkaClient, options: PartitionConsumerOptions) {
    this.#options = options;
    this.#topic = client.topicName(options.topic);
    this.#consumer = client.kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: options.sessionTimeoutMs,
      rebalanceTimeout: options.sessionTimeoutMs,
      heartbeatInterval: heartbeatIntervalMs,
      // A group has one protocol, which all members know: beside members of the first release that is round-robin still.
      partitionAssigners: [stickyAssigner(this.#topic, () => this.#claim), kafkajs.PartitionAssigners.roundRobin],
      maxWaitTimeInMs: longestFetchWaitMs,
      maxBytes: maxFetchBytes,
      allowAutoTopicCreation: false,
      retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 2_000, restartOnFailure: async () => !this.#closing },
    });
    this.#membership = new Membership({
      sessionTimeoutMs: options.sessionTimeoutMs,
      heartbeat: (member) => (this.#consumer as PatchedConsumer).confirm(member),
      nowMs: () => performance.now(),
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

  /** The group confirmed the membership within the session timeout. */
  get isMember(): boolean {
    return this.#membership.certain;
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
    if (assignment.ended) return;
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
    on(events.REBALANCING, () => {
      this.#rebalancingSinceMs ??= performance.now();
    });
    on(events.GROUP_JOIN, ({ payload }) => {
      const member = payload as typeof payload & GroupMember;
      this.#membership.joined({ memberId: member.memberId, generationId: member.generationId });
      const partitions = payload.memberAssignment[this.#topic] ?? [];
      this.#claim = { generation: member.generationId, partitions };
      const tookMs = performance.now() - (this.#rebalancingSinceMs ?? performance.now() - payload.duration);
      this.#rebalancingSinceMs = undefined;
      this.#joined(partitions, tookMs);
    });
    on(events.HEARTBEAT, ({ payload }) =>
      this.#membership.heard((payload as unknown as { sentAtMs: number }).sentAtMs),
    );
    on(events.END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0) this.#emptyBatch(payload as typeof payload & { fetchedOffset: string });
    });
    on(events.CRASH, ({ payload }) => {
      if (this.#closing) return;
      // What belongs to the partitions stays in memory: the next join tells which of them are lost.
      for (const assignment of this.assignments) assignment.end();
      if (payload.restart) this.#options.onLeft();
      else this.#options.onCrash(new CodedError('CONSUMER_CRASHED', payload.error.message, { cause: payload.error }));
    });
  }

  /** Runs synchronously inside the client's join, before it fetches again. */
  #joined(partitions: number[], tookMs: number): void {
    if (this.#closing) return;
    const lost = this.assignments.filter(({ partition }) => !partitions.includes(partition));
    this.#options.log.info(
      {
        partitions: partitions.toSorted((a, b) => a - b),
        lost: lost.map(({ partition }) => partition),
        generation: this.#claim?.generation,
        tookMs: Math.round(tookMs),
      },
      'partitions assigned',
    );
    for (const assignment of lost) this.#drop(assignment);
    for (const assignment of this.assignments) assignment.end();
    this.#options.onJoined(tookMs);
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
    const assignment = new Assignment(partition, this.#membership);
    this.#assignments.set(partition, assignment);
    void this.#restore(assignment);
  }

  async #restore(assignment: Assignment): Promise<void> {
    const { processor, log } = this.#options;
    const { partition } = assignment;
    while (!assignment.ended) {
      try {
        const position = await processor.assigned(assignment);
        if (assignment.ended || this.#closing) return;
        assignment.position = position;
        assignment.ready = true;
        this.#consumer.seek({ topic: this.#topic, partition, offset: String(position) });
        this.#consumer.resume([{ topic: this.#topic, partitions: [partition] }]);
        return;
      } catch (error) {
        if (assignment.ended) return;
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
      if (assignment.ended) return;
      // What can pass is tried again by the client, after a pause.
      if (!isCoded(error) || error.retryable) throw error;
      this.#stand(assignment, error);
    }
    if (!assignment.ready || assignment.ended) return;
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
