import type { KafkaClient } from '@tidemark/kafka';
import type { Logger } from '@tidemark/runtime';
import type { ClockGuard } from './clock-guard.ts';
import type { OwnedPartition } from './owned-partition.ts';
import { Watchdog } from './watchdog.ts';

export interface WatchLogOptions {
  client: KafkaClient;
  partitions: () => Iterable<OwnedPartition>;
  log: Logger;
  clock: ClockGuard;
  /** A partition is stuck. */
  onStuck(error: unknown): void;
}

const intervalMs = 1_000;

/** Each second looks where the log ends, so that lag is known also of a partition that is not being read, at the clock, and at what stands still. */
export function watchLog({ client, partitions, log, clock, onStuck }: WatchLogOptions): { stop(): void } {
  let looking = false;
  const watchdog = new Watchdog();
  const look = async () => {
    const ends = await client.offsets('swaps');
    for (const owned of partitions()) owned.logEndsAt(ends[owned.partition]?.high ?? 0);
  };
  const timer = setInterval(() => {
    clock.look(partitions());
    try {
      watchdog.look(partitions(), performance.now());
    } catch (error) {
      onStuck(error);
    }
    if (looking) return;
    looking = true;
    look()
      .catch((error: Error) => log.debug({ error }, 'the end of the log is not known'))
      .finally(() => {
        looking = false;
      });
  }, intervalMs);
  return { stop: () => clearInterval(timer) };
}
