import type { KafkaClient } from '@tidemark/kafka';
import type { Logger } from '@tidemark/runtime';
import type { ProducerSettings } from './config.ts';
import type { Delivery } from './delivery.ts';
import type { ProducerMetrics } from './metrics.ts';
import type { SwapRecords } from './swap-record.ts';

/** What a source of swaps works with. It runs until `signal` is aborted, and rejects with what ends the process. */
export interface SourceContext {
  settings: ProducerSettings;
  kafka: KafkaClient;
  delivery: Delivery;
  records: SwapRecords;
  metrics: ProducerMetrics;
  log: Logger;
  signal: AbortSignal;
}
