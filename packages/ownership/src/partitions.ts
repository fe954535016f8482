import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { CheckpointStore, Ownership, Standing, StoredState } from '@tidemark/checkpoint';
import { CODEC_VERSION } from '@tidemark/domain';
import type { Assignment, KafkaClient, PartitionBatch, PartitionOffsets, PartitionProcessor } from '@tidemark/kafka';
import { CodedError, isCoded, type Logger, type Readiness } from '@tidemark/runtime';
import { batched } from './batched.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { OwnershipMetrics } from './metrics.ts';
import { isOtherTopic, type OwnedLog } from './owned-log.ts';

/** A partition that was just owned, with what is stored of it. */
export interface Restoring {
  assignment: Assignment;
  ownership: Ownership;
  stored: StoredState;
  bounds: PartitionOffsets;
  /** Whether the partition is still this process's. */
  isOurs(): boolean;
}

export interface PartitionsOptions<P extends OwnedLog> {
  client: KafkaClient;
  store: CheckpointStore;
  checkpointer: () => Checkpointer<P>;
  groupId: string;
  partitionCount: number;
  /** What a checkpoint must have been counted by. */
  rulesHash: string;
  metrics: OwnershipMetrics;
  readiness: Readiness;
  log: Logger;
  /** Makes the partition's state from what is stored. */
  restore(restoring: Restoring): Promise<P>;
  /** Records were applied. */
  onApplied?(): void;
  /** The process as a whole cannot go on. */
  onFatal(error: Error): void;
}

const heartbeatWhileWaitingMs = 500;

/** This release reads what it writes; the next one also reads the one before. */
const codecs = [CODEC_VERSION];

/** The partitions that this process has: restores what comes, applies records, lets go of what leaves. */
export class Partitions<P extends OwnedLog> implements PartitionProcessor {
  readonly #options: PartitionsOptions<P>;
  readonly #owned = new Map<number, P>();
  /** Partitions that somebody else took over while we thought them ours: first the group is asked whether we are still in it. */
  readonly #fenced = new Set<number>();
  /** Partitions that stand still, with the reason. */
  readonly #refused = new Map<number, string>();
  /** The generation that was owned last of each partition. */
  readonly #generations = new Map<number, number>();
  /** A rebalance asks for many partitions at once: each of these is one request for all of them. */
  readonly #boundsOf: (partition: number) => Promise<PartitionOffsets>;
  readonly #topicIdOf: (partition: number) => Promise<string | null>;
  readonly #standingOf: (ownership: Ownership) => Promise<Standing>;

  constructor(options: PartitionsOptions<P>) {
    this.#options = options;
    const { client, store } = options;
    this.#boundsOf = batched(async (partitions) => {
      const bounds = await client.offsets('swaps');
      return partitions.map((partition) => bounds[partition]!);
    });
    this.#topicIdOf = batched(async (partitions) => {
      const id = await client.topicId('swaps');
      return partitions.map(() => id);
    });
    this.#standingOf = batched((ownerships) => store.standings(ownerships));
  }

  [Symbol.iterator](): Iterator<P> {
    return this.#owned.values();
  }

  /** Partitions that stand still, and the generation that they stand at. */
  get standstills(): { partition: number; generation: number }[] {
    return Array.from(this.#refused.keys(), (partition) => ({
      partition,
      generation: this.#generations.get(partition) ?? 0,
    }));
  }

  async assigned(assignment: Assignment): Promise<number> {
    const { metrics, readiness, log } = this.#options;
    const { partition } = assignment;
    readiness.waitFor(condition(partition), 'restoring');
    const stopTimer = metrics.restoreSeconds.startTimer();
    const kept = await this.#keep(assignment);
    const owned = kept ?? (await this.#restore(assignment));
    // Asked after owning: before that, a former owner may have gone on past whatever was the end of the log.
    const [bounds, topicId] = await Promise.all([this.#boundsOf(partition), this.#topicIdOf(partition)]);
    assignment.signal.throwIfAborted();
    // Also of what was kept in memory: the log may have been cut off or replaced behind a running owner.
    requireWithin(bounds, owned);
    requireSameTopic(topicId, owned);
    this.#owned.set(partition, owned);
    this.#forgive(partition);
    const how = kept ? 'kept' : 'restored';
    metrics.assigned.inc({ how });
    const tookMs = Math.round(stopTimer({ how }) * 1_000);
    readiness.done(condition(partition));
    const { nextOffset, ownership } = owned;
    log.info(
      { partition, nextOffset, epoch: ownership.epoch, tokens: owned.state.tokenCount, tookMs },
      `partition ${how}`,
    );
    return owned.readFrom(bounds.low);
  }

  async records(assignment: Assignment, { records, nextOffset, endOffset, heartbeat }: PartitionBatch): Promise<void> {
    const owned = this.#owned.get(assignment.partition);
    if (owned?.assignment !== assignment) return;
    owned.logEndsAt(endOffset);
    for (let index = 0; index < records.length; ) {
      const applied = owned.apply(records, index);
      this.#options.metrics.applied.inc(applied - index);
      index = applied;
      this.#options.onApplied?.();
      await roomFor(owned, assignment, heartbeat);
      if (index < records.length) await nextTurn();
      if (assignment.ended) return;
      await heartbeat();
      if (assignment.ended) return;
    }
    owned.passed(nextOffset);
  }

  passed(assignment: Assignment, nextOffset: number): void {
    const owned = this.#owned.get(assignment.partition);
    if (owned?.assignment === assignment) owned.passed(nextOffset);
  }

  revoked(partition: number): void {
    this.#owned.delete(partition);
    this.#fenced.delete(partition);
    this.#forgive(partition);
    this.#options.readiness.done(condition(partition));
  }

  refused(partition: number, error: Error): void {
    const { log, metrics, readiness, onFatal } = this.#options;
    const code = isCoded(error) ? error.code : 'unknown';
    log.error({ partition, code, error }, `partition ${partition} stands still: ${error.message}`);
    this.#owned.delete(partition);
    this.#forgive(partition);
    this.#refused.set(partition, code);
    metrics.refused.set({ partition, code }, 1);
    readiness.done(condition(partition));
    readiness.waitFor(standing(partition, code), 'standing');
    // These are true of all partitions: the settings are wrong, not one partition's state.
    if (isCoded(error, 'RULES_CHANGED', 'PARTITION_COUNT_CHANGED', 'CODEC_UNKNOWN')) onFatal(error);
  }

  /** The memory of the partition is no longer what is stored: the next assignment restores it. */
  invalidate(owned: P): void {
    if (this.#owned.get(owned.partition) === owned) this.#owned.delete(owned.partition);
    this.#fenced.add(owned.partition);
  }

  /** The partition does not stand still any more, or is no longer ours to say so. */
  #forgive(partition: number): void {
    const { metrics, readiness } = this.#options;
    const code = this.#refused.get(partition);
    if (code === undefined) return;
    this.#refused.delete(partition);
    metrics.refused.remove({ partition, code });
    readiness.done(standing(partition, code));
  }

  /** A partition that stays with this member keeps its memory, as long as nobody else owned it. */
  async #keep(assignment: Assignment): Promise<P | undefined> {
    const { checkpointer, log } = this.#options;
    const { partition } = assignment;
    const held = this.#owned.get(partition);
    if (!held) return undefined;
    // Its outcome may be that the memory is not valid.
    await checkpointer().settled(held);
    assignment.signal.throwIfAborted();
    if (this.#owned.get(partition) !== held) return undefined;
    const { isOwner, epoch: foundEpoch } = await this.#standingOf(held.ownership);
    // Of two rebalances in quick succession the former's answer may come last: the partition belongs to the later assignment.
    assignment.signal.throwIfAborted();
    if (this.#owned.get(partition) !== held) return undefined;
    if (!isOwner) {
      const { epoch } = held.ownership;
      log.warn({ partition, epoch, foundEpoch }, 'somebody else owned the partition meanwhile: its memory is dropped');
      return undefined;
    }
    held.assignment = assignment;
    return held;
  }

  async #restore(assignment: Assignment): Promise<P> {
    const { store, groupId, client, rulesHash, partitionCount, restore } = this.#options;
    const { partition } = assignment;
    this.#owned.delete(partition);
    if (this.#fenced.has(partition)) await assignment.confirmed();
    const key = { groupId, topic: client.topicName('swaps'), partition };
    const [{ low }, topicId] = await Promise.all([this.#boundsOf(partition), this.#topicIdOf(partition)]);
    const ownership = await store.own(key, { rulesHash, partitionCount, startOffset: low, topicId });
    this.#fenced.delete(partition);
    this.#generations.set(partition, ownership.generation);
    // Between owning and applying the group confirms the membership: a slow former member cannot take over from the rightful one.
    const [stored, bounds] = await Promise.all([
      this.#read(ownership),
      this.#boundsOf(partition),
      assignment.confirmed(),
    ]);
    requireWithin(bounds, { partition, nextOffset: stored.nextOffset });
    return restore({ assignment, ownership, stored, bounds, isOurs: () => this.#owned.has(partition) });
  }

  /** A process that takes the partition over at this moment may be the rightful one: the group is asked before the next try. */
  async #read(ownership: Ownership): Promise<StoredState> {
    try {
      return await this.#options.store.restore(ownership, codecs);
    } catch (error) {
      if (isCoded(error, 'FENCED')) this.#fenced.add(ownership.key.partition);
      throw error;
    }
  }
}

/** Waits until more may be applied; the group hears of the member meanwhile. */
async function roomFor(owned: OwnedLog, assignment: Assignment, heartbeat: () => Promise<void>): Promise<void> {
  const ready = owned.ready().then(() => true);
  let isThere = await Promise.race([ready, nextTurn(false)]);
  while (!isThere && !assignment.ended && assignment.ready) {
    await heartbeat();
    isThere = await Promise.race([ready, sleep(heartbeatWhileWaitingMs, false)]);
  }
}

function condition(partition: number): string {
  return `partition ${partition}`;
}

function standing(partition: number, code: string): string {
  return `partition ${partition}, which stands still: ${code}`;
}

/** @throws CodedError RETENTION_PASSED, LOG_TRUNCATED */
function requireWithin(
  { low, high }: PartitionOffsets,
  { partition, nextOffset }: { partition: number; nextOffset: number },
): void {
  if (nextOffset < low) {
    throw new CodedError(
      'RETENTION_PASSED',
      `partition ${partition}: the checkpoint ends at ${nextOffset}, the log begins at ${low}`,
    );
  }
  if (nextOffset > high) {
    throw new CodedError(
      'LOG_TRUNCATED',
      `partition ${partition}: the checkpoint ends at ${nextOffset}, the log already at ${high}`,
    );
  }
}

/** Another log may be as long, or longer: its records alone do not tell. @throws CodedError LOG_REPLACED */
function requireSameTopic(topicId: string | null, { partition, ownership }: OwnedLog): void {
  if (!isOtherTopic(topicId, ownership)) return;
  throw new CodedError(
    'LOG_REPLACED',
    `partition ${partition}: the topic is another one than the one that was counted`,
  );
}
