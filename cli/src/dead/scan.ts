import { randomUUID } from 'node:crypto';
import { type KafkaClient, tailTopic } from '@tidemark/kafka';
import { type DeadLetter, type ReplayMark, readDeadRecord } from '@tidemark/wire';

/** A dead letter, with the moment at which its record was rejected, in ms. */
export interface StoredLetter extends DeadLetter {
  rejectedAtMs: number;
}

export interface ScanOptions {
  client: KafkaClient;
  /** Only this partition; letters stand in the partition that their records were in. */
  partition?: number | undefined;
  signal: AbortSignal;
}

export interface Visitor {
  letter?(letter: StoredLetter): void;
  mark?(mark: ReplayMark): void;
}

/**
 * Reads what `swaps.dead` holds now, each partition in its order: so the mark of a letter comes after it.
 * @throws what the visitor throws
 */
export async function scanDeadLetters({ client, partition, signal }: ScanOptions, visitor: Visitor): Promise<void> {
  signal.throwIfAborted();
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const stop = () => reject(signal.reason as Error);
  signal.addEventListener('abort', stop);
  const tail = await tailTopic(client, {
    topic: 'swaps.dead',
    groupId: `tidemark-dead-${randomUUID()}`,
    ...(partition !== undefined && { partitions: [partition] }),
    onRecords: (_, records) => {
      try {
        for (const record of records) {
          const found = readDeadRecord(record);
          if (found === null) continue;
          if ('code' in found) visitor.letter?.({ ...found, rejectedAtMs: record.appendTimeMs });
          else visitor.mark?.(found);
        }
      } catch (error) {
        // Never thrown at the client, which would hand out the same records again and again.
        reject(error);
      }
    },
    onError: reject,
  });
  try {
    await Promise.race([tail.caughtUp, failed]);
  } finally {
    signal.removeEventListener('abort', stop);
    await tail.close();
  }
}
