import { connectKafka, kafkaConnection, topicOptions } from '@tidemark/kafka';
import { type App, type ServiceContext, waitFor } from '@tidemark/runtime';
import {
  createPostgres,
  createPostgresTokenStore,
  createRedis,
  createRedisStatsStore,
  pingRedis,
  postgresConnection,
  redisConnection,
  requireNoEviction,
  requireSchema,
} from '@tidemark/store';
import type { Settings } from './config.ts';
import { createRequestMetrics, measureTable } from './metrics.ts';
import { Problem } from './problems.ts';
import { RankingTable } from './ranking/table.ts';
import { followStats } from './ranking-feed.ts';
import { addRankingRoutes } from './routes/ranking.ts';
import { addStatsRoutes } from './routes/stats.ts';
import { addStatusRoute } from './routes/status.ts';
import { createServer } from './server.ts';
import { createStatsReader } from './stats-reader.ts';

export interface ApiApp extends App {
  /** Where the public port listens. */
  url: string;
}

/** Waits for what the API reads from, then serves; ready once the ranking has caught up. */
export async function createApp(context: ServiceContext<Settings>): Promise<ApiApp> {
  const { settings, instance, log, metrics, readiness, signal, fail } = context;
  const redis = createRedis({ ...redisConnection(settings), log });
  const pool = createPostgres({ ...postgresConnection(settings), log, max: settings.POSTGRES_CONNECTIONS });
  const kafka = connectKafka({ ...kafkaConnection(settings), clientId: instance, log });
  const closing: (() => Promise<unknown>)[] = [async () => redis.disconnect(), () => pool.end(), () => kafka.close()];
  const close = async () => {
    for (const step of closing.toReversed()) await step();
  };
  try {
    const wait = { log, signal, timeoutMs: settings.START_TIMEOUT };
    await waitFor('Redis', () => pingRedis(redis), wait);
    await requireNoEviction(redis, log);
    await waitFor('the database schema', () => requireSchema(pool), wait);
    await waitFor('Kafka', () => kafka.ensureTopics(topicOptions(settings)), wait);

    const store = createRedisStatsStore({ redis, prefix: settings.REDIS_PREFIX });
    const table = new RankingTable(await kafka.partitionCount('stats'));
    const now = Date.now;
    const windows = settings.WINDOWS;
    measureTable(metrics, table, now);

    let caughtUp = false;
    readiness.waitFor('ranking', 'restoring');
    const tail = await waitFor(
      'the topic stats',
      () => followStats({ kafka, store, table, instance, onError: fail }),
      wait,
    );
    closing.push(() => tail.close());
    const onCaughtUp = () => {
      caughtUp = true;
      readiness.done('ranking');
    };
    tail.caughtUp.then(onCaughtUp, fail);
    redis.on('close', () => readiness.waitFor('Redis'));
    redis.on('ready', () => readiness.done('Redis'));

    const readStats = createStatsReader({
      store,
      tokenStore: createPostgresTokenStore(pool),
      table,
      groupId: settings.GROUP_ID,
      windows,
      now,
    });
    const server = await createServer({
      log,
      readiness,
      metrics: createRequestMetrics(metrics),
      addRoutes(app) {
        app.addHook('preHandler', async ({ url: path }) => {
          if (!caughtUp && path.startsWith('/v1/'))
            throw new Problem('NOT_READY', 'the ranking is being read; try again');
        });
        addStatsRoutes(app, readStats);
        addRankingRoutes(app, { table, windows, now });
        addStatusRoute(app, { store, table, topic: kafka.topicName('swaps'), now });
      },
    });
    closing.push(() => server.close());
    const url = await server.listen({
      host: settings.HOST,
      port: settings.API_PORT,
      listenTextResolver: (address) => `REST at ${address}/v1, documented at ${address}/docs`,
    });
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}
