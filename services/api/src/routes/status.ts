import type { StatsStore } from '@tidemark/store';
import { type Heartbeat, staleAfterMs } from '@tidemark/wire';
import type { RankingTable } from '../ranking/table.ts';
import { noQuery, status } from '../schemas.ts';
import type { ApiServer } from '../server.ts';
import { problemResponses } from './responses.ts';

export interface StatusRouteDeps {
  store: StatsStore;
  table: RankingTable;
  /** The topic whose partitions are reported, by its name on the brokers. */
  topic: string;
  now(): number;
}

export function addStatusRoute(app: ApiServer, { store, table, topic, now }: StatusRouteDeps): void {
  app.get(
    '/v1/status',
    {
      schema: {
        summary: 'What each partition has counted, and who owns it',
        description: 'A partition that was never reported is listed with nulls.',
        tags: ['operation'],
        querystring: noQuery,
        response: { 200: status, ...problemResponses(400, 503) },
      },
    },
    async () => {
      // The same heartbeats come through `stats`, so the status can be told while Redis is away.
      const heartbeats = await store.heartbeats(table.heartbeats.length).catch(() => table.heartbeats);
      return {
        partitions: heartbeats.map((heartbeat, partition) => partitionStatus(heartbeat, partition, topic, now())),
      };
    },
  );
}

function partitionStatus(heartbeat: Heartbeat | null, partition: number, topic: string, nowMs: number) {
  const fresh = heartbeat !== null && nowMs - heartbeat.reportedAt <= staleAfterMs;
  const report = heartbeat?.status;
  return {
    topic: report?.topic ?? topic,
    partition,
    nextOffset: report?.nextOffset ?? null,
    lag: fresh ? (report?.lag ?? null) : null,
    watermark: report?.watermark ?? null,
    t: report?.t ?? null,
    counted: report?.counted ?? null,
    duplicate: report?.duplicate ?? null,
    late: report?.late ?? null,
    rejected: report?.rejected ?? null,
    owner: report?.owner ?? null,
    epoch: report?.epoch ?? null,
    checkpointAgeMs: report?.checkpointAgeMs ?? null,
    reportedAt: heartbeat?.reportedAt ?? null,
  };
}
