import { type CheckpointStore, FencedError } from '@tidemark/checkpoint';
import { isCoded, type Logger } from '@tidemark/runtime';
import type { OwnedPartition } from './owned-partition.ts';

export interface ClockGuardOptions {
  store: CheckpointStore;
  partitions: () => Iterable<OwnedPartition>;
  log: Logger;
  /** Somebody else took the partition over. */
  onFenced(owned: OwnedPartition): void;
}

const lookIntervalMs = 1_000;

/**
 * Notices a clock that ran ahead and is back. Readers keep the greatest version, so only a higher epoch may carry an earlier moment:
 * the owner raises it, keeps what it counted, and publishes everything again.
 */
export class ClockGuard {
  readonly #options: ClockGuardOptions;
  readonly #raising = new WeakSet<OwnedPartition>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClockGuardOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), lookIntervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    for (const owned of this.#options.partitions()) {
      if (!owned.clockRanAhead || !owned.assignment.current || this.#raising.has(owned)) continue;
      this.#raising.add(owned);
      void this.#raise(owned).finally(() => this.#raising.delete(owned));
    }
  }

  async #raise(owned: OwnedPartition): Promise<void> {
    const { store, log, onFenced } = this.#options;
    const { partition, ownership } = owned;
    const { tMs } = owned.engine;
    try {
      const raised = await store.raiseEpoch(ownership);
      owned.beginEpoch(raised);
      const { epoch } = raised;
      log.warn({ partition, t: tMs, epoch }, 'the clock had run ahead: everything is published again in a new epoch');
    } catch (error) {
      if (error instanceof FencedError) {
        const { code, ownEpoch: epoch, foundEpoch } = error;
        log.warn({ partition, code, epoch, foundEpoch }, error.message);
        onFenced(owned);
        return;
      }
      // Also where the outcome is not known: the owner is the same, and an epoch that is raised twice is as good.
      const code = isCoded(error) ? error.code : undefined;
      log.warn({ partition, code, error }, `the epoch is raised at the next look: ${(error as Error).message}`);
    }
  }
}
