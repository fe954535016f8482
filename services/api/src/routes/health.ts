import type { Readiness } from '@tidemark/runtime';
import { health, readiness as readinessSchema } from '../schemas.ts';
import type { ApiServer } from '../server.ts';

export function addHealthRoutes(app: ApiServer, readiness: Readiness): void {
  app.get(
    '/healthz',
    {
      schema: {
        summary: 'Whether the process can go on by itself',
        tags: ['operation'],
        response: { 200: health, 503: health },
      },
    },
    async (_request, reply) => {
      const { httpStatus, body } = readiness.health();
      return reply.code(httpStatus).send(body);
    },
  );

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Whether requests are answered, or what is waited for',
        tags: ['operation'],
        response: { 200: readinessSchema, 503: readinessSchema },
      },
    },
    async (_request, reply) => {
      const { httpStatus, body } = readiness.readiness();
      return reply.code(httpStatus).send(body);
    },
  );
}
