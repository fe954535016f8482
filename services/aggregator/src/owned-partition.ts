import type { Ownership } from '@tidemark/checkpoint';
import type { Cut, Engine } from '@tidemark/domain';
import type { ConsumedRecord, DeadLetters } from '@tidemark/kafka';
import { type CutRows, OwnedLog, type OwnedLogOptions } from '@tidemark/ownership';
import type { PartitionStatus, StatsRecord, Version } from '@tidemark/wire';
import type { PublishQueue } from './publish-queue.ts';
import { type ClockMode, clockRanAhead, type Moment, readMomentMs } from './read-moment.ts';

export interface OwnedPartitionOptions extends OwnedLogOptions<Engine> {
  queue: PublishQueue;
  deadLetters: DeadLetters;
  clock: ClockMode;
  nowMs: () => number;
  /** Nothing is published before this offset is reached: a former owner published up to there. */
  publishFloor: number;
}

/** A partition that this process counts: what of it is still to be published, and as of which moment. */
export class OwnedPartition extends OwnedLog<Engine> {
  readonly queue: PublishQueue;
  readonly #deadLetters: DeadLetters;
  readonly #clock: ClockMode;
  readonly #nowMs: () => number;
  readonly #publishFloor: number;

  constructor(options: OwnedPartitionOptions) {
    super(options);
    this.queue = options.queue;
    this.#deadLetters = options.deadLetters;
    this.#clock = options.clock;
    this.#nowMs = options.nowMs;
    this.#publishFloor = options.publishFloor;
    // A former owner's last values may be missing from Redis.
    this.republish();
  }

  get engine(): Engine {
    return this.state;
  }

  protected override take(record: ConsumedRecord): void {
    const outcome = this.engine.apply(record);
    if (outcome.kind === 'rejected') this.#deadLetters.add(record, outcome);
  }

  override async ready(): Promise<void> {
    await this.#deadLetters.ready();
  }

  protected override rows(cut: Cut | null): CutRows {
    return { candles: cut?.candles ?? [], tokens: cut?.tokens ?? [] };
  }

  /** A checkpoint never passes a rejected record whose letter did not arrive. */
  protected override acknowledged(): Promise<void> {
    return this.#deadLetters.acknowledged();
  }

  protected override applied(): void {
    this.#drainChanged('live');
    this.advance();
  }

  /** What was counted is beyond what a former owner published. */
  get publishable(): boolean {
    return this.nextOffset >= this.#publishFloor && this.assignment.current;
  }

  get version(): Version {
    const { generation, epoch } = this.ownership;
    return [generation, this.nextOffset, epoch, this.#tMs()];
  }

  /** Moves the read moment on; what decays or comes into a window by that is queued. */
  advance(): void {
    const momentMs = readMomentMs(this.#clock, this.#moment());
    if (momentMs !== null) this.engine.advance(momentMs);
    this.#drainChanged('paced');
  }

  /** Queues every token. */
  republish(): void {
    this.engine.markAllChanged();
    this.#drainChanged('paced');
  }

  /** The same owner at a higher epoch: the read moment may be an earlier one, and every value is published again. */
  beginEpoch(raised: Ownership): void {
    this.raised(raised);
    this.engine.rewind();
    this.advance();
  }

  /** The clock was ahead and is back: earlier moments can be read only in a new epoch. */
  get clockRanAhead(): boolean {
    return clockRanAhead(this.#clock, this.engine.tMs, this.#moment());
  }

  /** The token's record for `stats` and Redis at this moment; null for a token that left memory. */
  recordOf(token: string, version: Version): string | null {
    const statistics = this.engine.read(token);
    if (statistics === null) return null;
    const { symbol, name, price, windows } = statistics;
    const record: StatsRecord = { token, symbol, name, version, asOf: version[3], price, windows };
    return JSON.stringify(record);
  }

  status(owner: string): PartitionStatus {
    const { counted, duplicate, late, rejected } = this.engine.counters;
    return {
      topic: this.ownership.key.topic,
      nextOffset: this.nextOffset,
      lag: this.lag,
      watermark: this.engine.watermarkMs,
      t: this.#tMs(),
      counted,
      duplicate,
      late,
      rejected,
      owner,
      epoch: this.ownership.epoch,
      checkpointAgeMs: this.checkpointAgeMs,
    };
  }

  #drainChanged(lane: 'live' | 'paced'): void {
    if (this.engine.changedCount > 0) this.queue.add(this.engine.takeChanged(), lane);
  }

  #tMs(): number {
    return Number.isFinite(this.engine.tMs) ? Math.max(0, this.engine.tMs) : 0;
  }

  #moment(): Moment {
    return {
      nowMs: this.#nowMs(),
      lastAppendMs: this.lastAppendMs,
      watermarkMs: this.engine.watermarkMs,
      atEnd: this.atEnd,
    };
  }
}
