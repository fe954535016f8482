import { PartitionConsumer } from '@tidemark/kafka';
import { waitFor } from '@tidemark/runtime';
import { Checkpointer } from './checkpointer.ts';
import type { OwnedLog } from './owned-log.ts';
import { Partitions, type PartitionsOptions } from './partitions.ts';
import type { OwnershipSettings } from './settings.ts';
import { watchLog } from './watch-log.ts';
import { watchRebuilds } from './watch-rebuilds.ts';

export interface MemberOptions<P extends OwnedLog>
  extends Omit<PartitionsOptions<P>, 'checkpointer' | 'partitionCount' | 'onFatal'> {
  settings: OwnershipSettings & { PARTITIONS: number };
  /** Only a new process helps. */
  onFatal(error: unknown): void;
}

const group = 'the consumer group';

/**
 * A member of a consumer group that owns partitions of `swaps`: restores what comes, applies records, stores checkpoints, lets go of
 * what leaves, and notices when it stands still. What is made of the records is the service's.
 */
export class Member<P extends OwnedLog> {
  readonly partitions: Partitions<P>;
  readonly #options: MemberOptions<P>;
  readonly #consumer: PartitionConsumer;
  readonly #checkpointer: Checkpointer<P>;
  readonly #watches: { stop(): void }[] = [];

  constructor(options: MemberOptions<P>) {
    this.#options = options;
    const { client, store, settings, groupId, metrics, readiness, log, onFatal } = options;
    this.#checkpointer = new Checkpointer({
      store,
      consumer: () => this.#consumer,
      partitions: () => this.partitions,
      intervalMs: settings.CHECKPOINT_INTERVAL,
      metrics,
      log,
      onInvalid: (owned) => this.restart(owned),
    });
    this.partitions = new Partitions({
      ...options,
      partitionCount: settings.PARTITIONS,
      checkpointer: () => this.#checkpointer,
    });
    this.#consumer = new PartitionConsumer(client, {
      topic: 'swaps',
      groupId,
      partitionCount: settings.PARTITIONS,
      sessionTimeoutMs: settings.SESSION_TIMEOUT,
      processor: this.partitions,
      log,
      onJoined: (tookMs) => {
        metrics.joinSeconds.observe(tookMs / 1_000);
        readiness.done(group);
      },
      onLeft: () => readiness.waitFor(group),
      onCrash: onFatal,
    });
  }

  /** Joins the group, and begins to store. */
  async start(wait: Parameters<typeof waitFor>[2]): Promise<void> {
    this.#options.readiness.waitFor(group, 'starting');
    await waitFor(group, () => this.#consumer.start(), wait);
    this.#checkpointer.start();
    this.#watch();
  }

  /** The memory of the partition is not what is stored, or no longer ours: it is owned and restored anew. */
  restart(owned: P): void {
    this.partitions.invalidate(owned);
    this.#consumer.restart(owned.assignment);
  }

  /** Stores what was applied, without waiting for the interval; one that is under way comes first. */
  storeNow(owned: P): void {
    void this.#checkpointer.storeNow(owned);
  }

  /** Takes no more records, and finishes those under way. The membership stays until `close`. */
  async pause(): Promise<void> {
    for (const watch of this.#watches) watch.stop();
    await this.#consumer.pause();
    this.#checkpointer.stop();
  }

  /** Stores all that was applied, and leaves the group. */
  async close(): Promise<void> {
    await this.#checkpointer.flush();
    await this.#consumer.close();
  }

  #watch(): void {
    const { client, store, settings, groupId, readiness, log, onFatal } = this.#options;
    this.#watches.push(
      watchLog({
        client,
        partitions: () => this.partitions,
        isMember: () => this.#consumer.isMember,
        stuckAfterMs: Math.max(settings.STUCK_AFTER, 2 * settings.SESSION_TIMEOUT),
        readiness,
        log,
        onReplaced: (owned) => this.restart(owned),
        onStuck: onFatal,
      }),
      watchRebuilds({
        store,
        key: { groupId, topic: client.topicName('swaps') },
        owned: () => this.partitions,
        standstills: () => this.partitions.standstills,
        log,
        onSuperseded: (owned) => this.restart(owned),
        onRebuilt: (partition) => {
          const assignment = this.#consumer.assignments.find((one) => one.partition === partition);
          if (assignment) this.#consumer.restart(assignment);
        },
      }),
    );
  }
}
