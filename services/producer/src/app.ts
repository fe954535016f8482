import { connectKafka, createProducer, kafkaConnection, topicOptions } from '@tidemark/kafka';
import { type App, type ServiceContext, waitFor } from '@tidemark/runtime';
import type { ProducerSettings } from './config.ts';
import { Delivery } from './delivery.ts';
import { createMetrics } from './metrics.ts';
import { prepareReplay } from './replay/replay.ts';
import { prepareSimulation } from './simulate/simulation.ts';
import { SwapRecords } from './swap-record.ts';

/** After this long without an acknowledgement the batch is reported and tried again. */
const deliveryDeadlineMs = 5_000;

/** Wires the source of swaps to `swaps`, and runs it until the service stops. */
export async function createApp(context: ServiceContext<ProducerSettings>): Promise<App> {
  const { settings, instance, log, signal } = context;
  const kafka = connectKafka({ ...kafkaConnection(settings), clientId: instance, log });
  const producer = createProducer(kafka, { deadlineMs: deliveryDeadlineMs });
  const waiting = { log, timeoutMs: settings.START_TIMEOUT, signal };
  await waitFor('topics on Kafka', () => kafka.ensureTopics(topicOptions(settings)), waiting);
  await waitFor('a connection to Kafka', () => producer.connect(), waiting);

  const metrics = createMetrics(context.metrics);
  const delivery = new Delivery({ producer, metrics, log, signal });
  const source = { settings, kafka, delivery, metrics, log, signal, records: new SwapRecords(settings.PARTITIONS) };
  const prepare = settings.SOURCE === 'simulate' ? prepareSimulation : prepareReplay;
  const run = await prepare(source);
  const running = run().catch((error: unknown) => {
    if (!signal.aborted) context.fail(error);
  });

  return {
    async close() {
      // Half of the time is for the brokers to acknowledge, the rest for closing what is left.
      const inTime = await delivery.close(settings.STOP_TIMEOUT / 2);
      // Otherwise the brokers are away, and both would wait for them.
      if (inTime) {
        await running;
        await producer.close();
      }
      await kafka.close();
    },
  };
}
