import type { AddressInfo } from 'node:net';
import { connectKafka, kafkaConnection, topicOptions } from '@tidemark/kafka';
import { type App, listen, type ServiceContext, waitFor } from '@tidemark/runtime';
import { createRedis, createRedisStatsStore, pingRedis, redisConnection } from '@tidemark/store';
import type { Settings } from './config.ts';
import { Hub } from './hub/hub.ts';
import type { Limits } from './hub/limits.ts';
import { createMetrics } from './metrics.ts';
import { GatewayServer } from './server.ts';
import { followStats } from './stats-feed.ts';

export interface GatewayApp extends App {
  /** Where the stream is. */
  url: string;
}

/** Never steps back, whatever is done to the wall clock. */
const now = () => performance.now();

/** Reads `stats` into the hub and serves it; handshakes are refused until it has been read to where it ended at the start. */
export async function createApp(context: ServiceContext<Settings>): Promise<GatewayApp> {
  const { settings, instance, log, metrics, readiness, signal, fail } = context;
  const redis = createRedis({ ...redisConnection(settings), log });
  const kafka = connectKafka({ ...kafkaConnection(settings), clientId: instance, log });
  const closing: (() => Promise<unknown>)[] = [async () => redis.disconnect(), () => kafka.close()];
  const close = async () => {
    for (const step of closing.toReversed()) await step();
  };
  try {
    const wait = { log, signal, timeoutMs: settings.START_TIMEOUT };
    await waitFor('Redis', () => pingRedis(redis), wait);
    await waitFor('Kafka', () => kafka.ensureTopics(topicOptions(settings)), wait);

    const hub = new Hub({
      partitionCount: await kafka.partitionCount('stats'),
      limits: limitsOf(settings),
      now,
      schedule: (waitMs, callback) => void setTimeout(callback, waitMs).unref(),
    });
    const store = createRedisStatsStore({ redis, prefix: settings.REDIS_PREFIX });
    readiness.waitFor('stats', 'restoring');
    const tail = await waitFor(
      'the topic stats',
      () => followStats({ kafka, store, hub, instance, onError: fail }),
      wait,
    );
    closing.push(() => tail.close());
    const onCaughtUp = () => readiness.done('stats');
    tail.caughtUp.then(onCaughtUp, fail);

    const server = new GatewayServer({ settings, hub, readiness, log, now, metrics: createMetrics(metrics, hub) });
    closing.push(() => server.close());
    await listen(server.http, settings.HOST, settings.GATEWAY_PORT);
    const url = `ws://${settings.HOST}:${(server.http.address() as AddressInfo).port}/v1/stream`;
    log.info({ url }, `stream at ${url}`);
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function limitsOf(settings: Settings): Limits {
  return {
    maxBufferedBytes: settings.MAX_BUFFERED_BYTES,
    maxPendingTokens: settings.MAX_PENDING_TOKENS,
    slowClientGraceMs: settings.SLOW_CLIENT_GRACE,
    maxForgottenTokens: settings.MAX_FORGOTTEN_TOKENS,
  };
}
