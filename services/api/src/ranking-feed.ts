import { randomUUID } from 'node:crypto';
import { type KafkaClient, type Tail, tailTopic } from '@tidemark/kafka';
import { overlayFromRedis, type StatsStore } from '@tidemark/store';
import { readStatsRecord } from '@tidemark/wire';
import type { RankingTable } from './ranking/table.ts';

export interface RankingFeedOptions {
  kafka: KafkaClient;
  store: StatsStore;
  table: RankingTable;
  instance: string;
  onError(error: Error): void;
}

/** Fills the table from `stats`, then keeps it current. `caughtUp` resolves when it holds what was there at the start. */
export async function followStats({
  kafka,
  store,
  table,
  instance,
  onError,
}: RankingFeedOptions): Promise<Pick<Tail, 'caughtUp' | 'close'>> {
  const tail = await tailTopic(kafka, {
    topic: 'stats',
    groupId: `tidemark-api-${instance}-${randomUUID()}`,
    onRecords(_partition, records) {
      for (const { key, value } of records) {
        const event = readStatsRecord(key, value);
        if (event !== null) table.apply(event);
      }
    },
    onError,
  });
  const caughtUp = tail.caughtUp.then(() =>
    overlayFromRedis({
      store,
      tokens: table.tokens(),
      // A tombstone that came meanwhile is newer than what Redis held when it was asked.
      apply: (record) => table.find(record.token) !== null && table.write(record),
    }),
  );
  return { caughtUp, close: () => tail.close() };
}
