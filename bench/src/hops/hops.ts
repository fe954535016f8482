import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectKafka, createProducer } from '@tidemark/kafka';
import { silentLogger } from '@tidemark/runtime';
import { Markers, preciseNowMs } from '../markers.ts';
import type { Summary } from '../percentiles.ts';
import type { System } from '../system/system.ts';
import { bareKafka, follow } from './bare-client.ts';
import type { RelayOptions } from './relay.ts';

export interface HopsOptions {
  /** Settings of the simulator that loads both topics. */
  simulator: Record<string, string>;
  markersPerSecond: number;
  seed: number;
  warmUpMs: number;
  measuredMs: number;
}

/** Begins the names of both topics. */
const topicPrefix = 'bare.';

/**
 * The latency of two bare hops: produce, consume, produce, consume, by the client library alone, under the load of the same
 * simulator. What the system does takes at least this long: a swap comes to it by one topic, and leaves by another.
 */
export async function measureHops(system: System, options: HopsOptions): Promise<Summary> {
  const { stack, partitions, signal } = system;
  const { simulator, markersPerSecond, seed, warmUpMs, measuredMs } = options;
  const client = connectKafka({ brokers: stack.kafka, clientId: 'bench', topicPrefix, log: silentLogger() });
  await client.ensureTopics({ partitions });
  const producer = createProducer(client);
  await producer.connect();
  const markers = new Markers({ producer, partitions, rate: markersPerSecond, seed, run: 'hops' });
  const topics = { from: client.topicName('swaps'), to: client.topicName('stats') };
  const relay = await startRelay({ brokers: stack.kafka, ...topics, partitions });
  const stopping = new AbortController();
  const consumer = await followMarkers(system, topics.to, markers);
  try {
    const load = await system.start('producer', { ...simulator, TOPIC_PREFIX: topicPrefix });
    const sending = markers.send(AbortSignal.any([signal, stopping.signal]));
    // Awaited below, unless something else fails before.
    sending.catch(() => undefined);
    await sleep(warmUpMs, undefined, { signal });
    const startMs = Date.now();
    await sleep(measuredMs, undefined, { signal });
    const interval = { startMs, endMs: Date.now() };
    stopping.abort();
    await sending;
    await markers.allArrived(signal);
    await system.stop(load);
    return markers.latencies.summary(interval);
  } finally {
    stopping.abort();
    relay.kill('SIGKILL');
    await consumer.disconnect();
    await producer.close();
    await client.close();
  }
}

async function startRelay(options: RelayOptions): Promise<ChildProcess> {
  const relay = fork(join(import.meta.dirname, 'relay.ts'), [JSON.stringify(options)]);
  const ended = once(relay, 'exit').then(([code]) => {
    throw new Error(`the relay ended with ${code} before it was ready`);
  });
  ended.catch(() => undefined);
  await Promise.race([once(relay, 'message'), ended]);
  return relay;
}

function followMarkers({ stack, partitions }: System, topic: string, markers: Markers) {
  const seen = new Map<string, number>();
  return follow(bareKafka(stack.kafka), {
    topic,
    groupId: 'bench-receiver',
    partitions,
    eachBatch: async ({ batch: { messages } }) => {
      const nowMs = preciseNowMs();
      for (const { key } of messages) {
        const token = String(key);
        if (!Markers.owns(token)) continue;
        const count = (seen.get(token) ?? 0) + 1;
        seen.set(token, count);
        markers.arrived(token, count, nowMs);
      }
    },
  });
}
