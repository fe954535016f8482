import type { Cut, RecordedSwap, Register } from '@tidemark/domain';
import type { ConsumedRecord } from '@tidemark/kafka';
import { type CutRows, OwnedLog, type OwnedLogOptions } from '@tidemark/ownership';

export interface RecordedPartitionOptions extends OwnedLogOptions<Register> {
  /** Swaps that may wait to be stored. */
  maxUnstored: number;
  onRejected(code: string): void;
  /** There is no room: what waits should be stored now. */
  onFull(partition: RecordedPartition): void;
}

/** A partition that this process records: the swaps that it accepted and that are not stored yet. */
export class RecordedPartition extends OwnedLog<Register> {
  readonly #options: RecordedPartitionOptions;
  /** Accepted since the last cut. */
  #fresh: RecordedSwap[] = [];
  /** Cut, and on their way. */
  #cutCount = 0;
  /** There while somebody waits for room. */
  #room: PromiseWithResolvers<void> | undefined;

  constructor(options: RecordedPartitionOptions) {
    super(options);
    this.#options = options;
  }

  get unstored(): number {
    return this.#fresh.length + this.#cutCount;
  }

  protected override take(record: ConsumedRecord): void {
    const outcome = this.state.apply(record);
    if (outcome.kind === 'rejected') this.#options.onRejected(outcome.code);
    if (outcome.kind !== 'accepted') return;
    const { topic, partition } = this.ownership.key;
    const { offset, appendTimeMs } = record;
    this.#fresh.push({ swap: outcome.swap, topic, partition, offset, appendTimeMs });
  }

  override ready(): Promise<void> {
    if (this.#fresh.length < this.#options.maxUnstored) return Promise.resolve();
    this.#room ??= Promise.withResolvers();
    this.#options.onFull(this);
    return this.#room.promise;
  }

  protected override rows(_: Cut | null): CutRows {
    const swaps = this.#fresh;
    this.#fresh = [];
    this.#cutCount = swaps.length;
    this.#room?.resolve();
    this.#room = undefined;
    return { candles: [], tokens: [], swaps };
  }

  protected override acknowledged(): Promise<void> {
    return Promise.resolve();
  }

  override stored(): void {
    super.stored();
    this.#cutCount = 0;
  }
}
