import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@tidemark/runtime';
import { deadLetter } from '@tidemark/wire';
import type { BatchProducer } from './producer.ts';
import type { ConsumedRecord } from './record.ts';

export interface DeadLettersOptions {
  topic: string;
  partition: number;
  producer: BatchProducer;
  log: Logger;
  onRejected(code: string): void;
  /** False when the partition is somebody else's: it rejects the same records again. */
  isCurrent(): boolean;
}

const retryMs = 1_000;

/** The rejected records of a partition on their way to `swaps.dead`, all of which must arrive before the next checkpoint. */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  add(record: ConsumedRecord, { code, reason }: { code: string; reason: string }): void {
    const { topic, partition, onRejected } = this.#options;
    onRejected(code);
    const letter = deadLetter({
      topic,
      partition,
      offset: record.offset,
      firstOffset: record.unreadable?.firstOffset,
      key: record.key,
      value: record.value,
      code,
      reason,
    });
    const sent = this.#send({ topic: 'swaps.dead', partition, ...letter }).finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
  }

  /** Resolves when there is room for more. */
  ready(): Promise<void> {
    return this.#options.producer.ready();
  }

  /** Resolves when all that were added before this call have arrived. */
  async acknowledged(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #send(record: Parameters<BatchProducer['send']>[0]): Promise<void> {
    const { producer, log, isCurrent, partition } = this.#options;
    while (isCurrent()) {
      try {
        return await producer.send(record);
      } catch (error) {
        log.warn({ partition, error }, `a dead letter waits for Kafka: ${(error as Error).message}`);
        await sleep(retryMs);
      }
    }
  }
}
