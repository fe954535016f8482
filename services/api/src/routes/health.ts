import type { Readiness } from '@tidemark/runtime';
import { health, readiness as readinessSchema } from '../schemas.ts';
import type { ApiServer } from '../server.ts';

export function addHealthRoutes(app: ApiServer, readiness: Readiness): void {
  app.get(
    '/healthz',
    { schema: { summary: 'The process answers', tags: ['operation'], response: { 200: health } } },
    async () => ({ status: 'ok' as const }),
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
      const { ready, waitingFor } = readiness;
      return reply
        .code(ready ? 200 : 503)
        .send({ status: ready ? ('ready' as const) : ('waiting' as const), waitingFor });
    },
  );
}
