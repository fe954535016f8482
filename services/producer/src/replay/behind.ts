import { randomBytes } from 'node:crypto';
import { decodeSwap, defaultRules, FUTURE_TOLERANCE_MS } from '@tidemark/domain';
import { type KafkaClient, tailTopic } from '@tidemark/kafka';
import { CodedError } from '@tidemark/runtime';

/** Of each partition so many records are looked at, since the very last may be a control record or a rejected one. */
const looksBackRecords = 100;

/**
 * Refuses a recording that would be late as a whole: the topic holds a swap stamped later than its first by more than the lateness.
 * @throws CodedError REPLAY_BEHIND
 */
export async function refuseBehind(kafka: KafkaClient, firstMs: number, latenessMs: number): Promise<void> {
  const newestMs = await newestTimestamp(kafka);
  if (newestMs === null || newestMs <= firstMs + latenessMs) return;
  throw new CodedError(
    'REPLAY_BEHIND',
    `${kafka.topicName('swaps')} already holds a swap of ${isoTime(newestMs)}; the recording begins at ${isoTime(firstMs)}, ` +
      `more than the lateness of ${latenessMs / 60_000} min before it`,
  );
}

/** The greatest time stamp near the end of the topic's partitions; null when they hold no swaps. */
async function newestTimestamp(kafka: KafkaClient): Promise<number | null> {
  const offsets = await kafka.offsets('swaps');
  if (offsets.every(({ low, high }) => low === high)) return null;
  let newestMs: number | null = null;
  const failed = Promise.withResolvers<never>();
  const tail = await tailTopic(kafka, {
    topic: 'swaps',
    groupId: `tidemark-producer-${randomBytes(6).toString('hex')}`,
    from: new Map(offsets.map(({ partition, low, high }) => [partition, Math.max(low, high - looksBackRecords)])),
    onRecords(_, records) {
      for (const { value, appendTimeMs } of records) {
        const decoded = decodeSwap(value, defaultRules.maxRecordBytes);
        // What is stamped in the future is rejected, so it makes nothing late.
        if (!decoded.ok || decoded.swap.timestamp > appendTimeMs + FUTURE_TOLERANCE_MS) continue;
        newestMs = Math.max(newestMs ?? decoded.swap.timestamp, decoded.swap.timestamp);
      }
    },
    onError: failed.reject,
  });
  try {
    await Promise.race([tail.caughtUp, failed.promise]);
  } finally {
    await tail.close();
  }
  return newestMs;
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
