import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger, Readiness } from '@tidemark/runtime';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController, type RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { asProblem, installErrorHandling, queryProblem, sendProblem } from './error-handling.ts';
import type { RequestMetrics } from './metrics.ts';
import { addOpenApi } from './openapi.ts';
import { addHealthRoutes } from './routes/health.ts';

export type ApiServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface ServerDeps {
  log: Logger;
  readiness: Readiness;
  metrics: RequestMetrics;
  addRoutes(app: ApiServer): void;
}

/** Requests have no body; the limit is what a stray one may send. */
const bodyLimitBytes = 1_024;
/** A token has 128 characters at most, each of which may be escaped as %XX. */
const maxParamLength = 400;
const requestTimeoutMs = 10_000;

/** The public HTTP server, not yet listening. */
export async function createServer({ log, readiness, metrics, addRoutes }: ServerDeps): Promise<ApiServer> {
  const baseLogger: FastifyBaseLogger = log;
  const app = fastify({
    loggerInstance: baseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // A URL that cannot be decoded ends before routing, and before the error handler.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      sendProblem(asProblem(error), request, reply);
    },
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    routerOptions: { maxParamLength },
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler<z.ZodType>(({ schema }) => (data) => {
    const parsed = schema.safeParse(data);
    return parsed.success ? { value: parsed.data } : { error: queryProblem(parsed.error) };
  });
  // Answers are built from typed records; their schemas are documentation, held against real answers by tests.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    metrics.observe(request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime);
  });
  installErrorHandling(app);
  await addOpenApi(app);
  addHealthRoutes(app, readiness);
  addRoutes(app);
  return app;
}
