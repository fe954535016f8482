import { Gauge, Histogram, type Registry } from 'prom-client';
import type { RankingTable } from './ranking/table.ts';

export interface RequestMetrics {
  observe(route: string, status: number, elapsedMs: number): void;
}

export function createRequestMetrics(registry: Registry): RequestMetrics {
  const seconds = new Histogram({
    name: 'tidemark_api_request_seconds',
    help: 'Time to answer a request, by route and status.',
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  });
  return { observe: (route, status, elapsedMs) => seconds.observe({ route, status }, elapsedMs / 1_000) };
}

export function measureTable(registry: Registry, table: RankingTable, now: () => number): void {
  registry.registerMetric(
    new Gauge({
      name: 'tidemark_api_ranking_tokens',
      help: 'Tokens in the ranking.',
      registers: [],
      collect() {
        this.set(table.size);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'tidemark_api_ranking_age_seconds',
      help: 'Since the ranking was last vouched for; absent while some partition was never reported.',
      registers: [],
      collect() {
        const oldest = table.oldestHeartbeat();
        if (oldest === null) this.reset();
        else this.set((now() - oldest.reportedAt) / 1_000);
      },
    }),
  );
}
