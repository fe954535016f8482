import { type CheckpointStore, FencedError } from '@tidemark/checkpoint';
import type { PartitionConsumer } from '@tidemark/kafka';
import { isCoded, type Logger } from '@tidemark/runtime';
import type { OwnershipMetrics } from './metrics.ts';
import type { OwnedLog } from './owned-log.ts';

export interface CheckpointerOptions<P extends OwnedLog> {
  store: CheckpointStore;
  consumer: () => PartitionConsumer;
  partitions: () => Iterable<P>;
  intervalMs: number;
  metrics: OwnershipMetrics;
  log: Logger;
  /** The memory of the partition is not what is stored, or no longer ours: it has to be restored. */
  onInvalid(owned: P): void;
}

/** Into so many parts the interval is divided; each partition has its turn in one of them, so that their work does not fall together. */
const partsOfInterval = 12;

/** Stores what was counted, each interval: Postgres first, then the group's offset. One checkpoint of a partition at a time. */
export class Checkpointer<P extends OwnedLog> {
  readonly #options: CheckpointerOptions<P>;
  readonly #underWay = new Map<P, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CheckpointerOptions<P>) {
    this.#options = options;
  }

  start(): void {
    let part = 0;
    this.#timer = setInterval(() => {
      part = (part + 1) % partsOfInterval;
      for (const owned of this.#options.partitions())
        if (owned.partition % partsOfInterval === part) void this.#run(owned);
    }, this.#options.intervalMs / partsOfInterval);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Stores all that was applied before this call. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#options.partitions(), (owned) => this.storeNow(owned)));
  }

  /** Stores what was applied to the partition before this call. */
  async storeNow(owned: P): Promise<void> {
    await this.settled(owned);
    await this.#run(owned);
  }

  /** Resolves when no checkpoint of the partition is under way. */
  async settled(owned: P): Promise<void> {
    await this.#underWay.get(owned);
  }

  #run(owned: P): Promise<void> {
    const running = this.#underWay.get(owned);
    if (running) return running;
    const run = this.#store(owned).finally(() => this.#underWay.delete(owned));
    this.#underWay.set(owned, run);
    return run;
  }

  async #store(owned: P): Promise<void> {
    const { store, consumer, metrics, log, onInvalid } = this.#options;
    if (!owned.assignment.current) return;
    const pending = owned.checkpoint();
    if (!pending) return owned.unchanged();
    const { checkpoint } = pending;
    try {
      await pending.acknowledged;
      if (!owned.assignment.current) return;
      const stopTimer = metrics.checkpointSeconds.startTimer();
      await store.commit(owned.ownership, checkpoint);
      stopTimer();
    } catch (error) {
      const { partition } = owned;
      if (isCoded(error, 'FENCED', 'COMMIT_UNKNOWN')) {
        const foundEpoch = error instanceof FencedError ? error.foundEpoch : undefined;
        log.warn({ partition, code: error.code, epoch: owned.ownership.epoch, foundEpoch }, error.message);
        onInvalid(owned);
      } else {
        // Nothing was stored: the memory stays right, and the same checkpoint is tried at the next interval.
        log.warn({ partition, error }, `the checkpoint is tried again: ${(error as Error).message}`);
      }
      return;
    }
    owned.stored();
    metrics.checkpointBytes.inc({ kind: 'delta' }, checkpoint.delta.length);
    for (const { bytes } of checkpoint.shards) metrics.checkpointBytes.inc({ kind: 'base' }, bytes.length);
    await consumer()
      .commitOffset(owned.assignment, checkpoint.to)
      .catch((error: Error) =>
        log.debug({ partition: owned.partition, error }, 'the offset was not committed to the group'),
      );
  }
}
