import type { KafkaClient } from '@tidemark/kafka';
import { isCoded, type Logger, type Readiness } from '@tidemark/runtime';
import { isOtherTopic, type OwnedLog } from './owned-log.ts';
import { Watchdog } from './watchdog.ts';

export interface WatchLogOptions<P extends OwnedLog> {
  client: KafkaClient;
  partitions: () => Iterable<P>;
  /** Whether the group has heard of this member of late. */
  isMember: () => boolean;
  /** How long work may wait without progress. */
  stuckAfterMs: number;
  readiness: Readiness;
  log: Logger;
  /** The topic is another one than the one that the partition's state was counted from. */
  onReplaced(owned: P): void;
  /** Only a new process helps. */
  onStuck(error: unknown): void;
}

const intervalMs = 1_000;
/** Brokers that have not said where the log ends for this long are away. */
const awayAfterMs = 5_000;
const brokers = 'Kafka, which does not answer';
const membership = 'the consumer group, which has not heard of this member';

/**
 * Each second asks where the log ends, so that lag is known also of a partition that is not being read, whether the log is still the same, and looks at what stands still. Brokers that do not answer are waited for; a process that does not move although they answer is stuck.
 */
export function watchLog<P extends OwnedLog>(options: WatchLogOptions<P>): { stop(): void } {
  const { client, partitions, isMember, stuckAfterMs, readiness, log, onReplaced, onStuck } = options;
  const watchdog = new Watchdog(stuckAfterMs);
  let looking = false;
  let answeredAtMs = performance.now();

  const look = async () => {
    const [ends, topicId] = await Promise.all([client.offsets('swaps'), client.topicId('swaps')]);
    answeredAtMs = performance.now();
    readiness.done(brokers);
    for (const owned of partitions()) {
      if (isOtherTopic(topicId, owned.ownership)) onReplaced(owned);
      else owned.logEndsAt(ends[owned.partition]?.high ?? 0);
    }
    watchdog.look({ isMember: isMember(), partitions: partitions() }, answeredAtMs);
  };
  const lookAgain = async () => {
    if (looking) return;
    looking = true;
    try {
      await look();
    } catch (error) {
      if (isCoded(error, 'STUCK')) onStuck(error);
      else log.debug({ error }, 'the end of the log is not known');
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => {
    if (performance.now() - answeredAtMs > awayAfterMs) {
      watchdog.blinded();
      readiness.waitFor(brokers);
    }
    if (isMember()) readiness.done(membership);
    else readiness.waitFor(membership);
    void lookAgain();
  }, intervalMs);
  return { stop: () => clearInterval(timer) };
}
