import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export type ProducerMetrics = ReturnType<typeof createMetrics>;

export function createMetrics(registry: Registry) {
  const registers = [registry];
  return {
    produced: new Counter({
      name: 'tidemark_producer_records_produced_total',
      help: 'Records handed to the Kafka client.',
      registers,
    }),
    acknowledged: new Counter({
      name: 'tidemark_producer_records_acknowledged_total',
      help: 'Records that all in-sync replicas have.',
      registers,
    }),
    acknowledgementSeconds: new Histogram({
      name: 'tidemark_producer_acknowledgement_seconds',
      help: 'From handing a batch over to its acknowledgement.',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
      registers,
    }),
    rate: new Gauge({
      name: 'tidemark_producer_records_per_second',
      help: 'Acknowledged records a second, over the last seconds.',
      registers,
    }),
    replayRejected: new Counter({
      name: 'tidemark_producer_replay_rejected_total',
      help: 'Entries of the recording that are no swaps, by the code of what is wrong.',
      labelNames: ['code'] as const,
      registers,
    }),
    replaySkipped: new Counter({
      name: 'tidemark_producer_replay_skipped_total',
      help: 'Logs of the recording that are of another event than a swap.',
      registers,
    }),
    replayPosition: new Gauge({
      name: 'tidemark_producer_replay_position_lines',
      help: 'The line of the recording up to which everything is acknowledged.',
      registers,
    }),
    replayEnded: new Gauge({
      name: 'tidemark_producer_replay_ended',
      help: '1 once the recording was played to its end.',
      registers,
    }),
  };
}
