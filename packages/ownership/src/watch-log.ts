import type { KafkaClient } from '@tidemark/kafka';
import { isCoded, type Logger, type Readiness } from '@tidemark/runtime';
import type { OwnedLog } from './owned-log.ts';
import { Watchdog } from './watchdog.ts';

export interface WatchLogOptions {
  client: KafkaClient;
  partitions: () => Iterable<OwnedLog>;
  /** Whether the group has heard of this member of late. */
  isMember: () => boolean;
  /** How long work may wait without progress. */
  stuckAfterMs: number;
  readiness: Readiness;
  log: Logger;
  /** Only a new process helps. */
  onStuck(error: unknown): void;
}

const intervalMs = 1_000;
/** Brokers that have not said where the log ends for this long are away. */
const awayAfterMs = 5_000;
const brokers = 'Kafka, which does not answer';
const membership = 'the consumer group, which has not heard of this member';

/**
 * Each second asks where the log ends, so that lag is known also of a partition that is not being read, and looks at what stands still. Brokers that do not answer are waited for; a process that does not move although they answer is stuck.
 */
export function watchLog(options: WatchLogOptions): { stop(): void } {
  const { client, partitions, isMember, stuckAfterMs, readiness, log, onStuck } = options;
  const watchdog = new Watchdog(stuckAfterMs);
  let looking = false;
  let answeredAtMs = performance.now();

  const look = async () => {
    const ends = await client.offsets('swaps');
    answeredAtMs = performance.now();
    readiness.done(brokers);
    for (const owned of partitions()) owned.logEndsAt(ends[owned.partition]?.high ?? 0);
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
