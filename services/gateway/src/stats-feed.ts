import { randomUUID } from 'node:crypto';
import { type KafkaClient, type Tail, tailTopic } from '@tidemark/kafka';
import { overlayFromRedis, type StatsStore } from '@tidemark/store';
import { readStatsRecord } from '@tidemark/wire';
import type { Hub } from './hub/hub.ts';

export interface StatsFeedOptions {
  kafka: KafkaClient;
  store: StatsStore;
  hub: Hub;
  instance: string;
  onError(error: Error): void;
}

/**
 * Fills the hub from `stats`, then keeps it current. `caughtUp` resolves when it holds what was there at the start, with the
 * values of Redis laid over it.
 */
export async function followStats({
  kafka,
  store,
  hub,
  instance,
  onError,
}: StatsFeedOptions): Promise<Pick<Tail, 'caughtUp' | 'close'>> {
  const tail = await tailTopic(kafka, {
    topic: 'stats',
    // Random, too: two gateways of one name would share the partitions instead of each getting all.
    groupId: `tidemark-gateway-${instance}-${randomUUID()}`,
    onRecords(_partition, records) {
      for (const { key, value } of records) apply(hub, key, value);
      hub.flush();
    },
    onError,
  });
  const caughtUp = tail.caughtUp.then(() =>
    overlayFromRedis({
      store,
      tokens: hub.knownTokens(),
      apply(record) {
        // A tombstone that came meanwhile is newer than what Redis held when it was asked.
        if (hub.isKnown(record.token)) hub.value(record.token, record.version, JSON.stringify(record));
      },
    }),
  );
  return { caughtUp, close: () => tail.close() };
}

function apply(hub: Hub, key: Uint8Array | null, value: Uint8Array | null): void {
  const event = readStatsRecord(key, value);
  if (event === null) return;
  // Clients get the record as it was published, not serialised again.
  if (event.kind === 'value') hub.value(event.token, event.record.version, Buffer.from(value!).toString());
  else if (event.kind === 'tombstone') hub.tombstone(event.token);
  else hub.heartbeat(event.heartbeat);
}
