import { isCoded } from '@tidemark/runtime';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Problem } from './problems.ts';

export function installErrorHandling(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = asProblem(error);
    if (problem.code === 'INTERNAL') request.log.error({ error }, error.message);
    else if (problem.status >= 500) request.log.warn({ code: problem.code }, problem.message);
    return sendProblem(problem, request, reply);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(new Problem('NOT_FOUND', `${request.method} ${request.url} is not served; see /docs`), request, reply),
  );
}

export function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply) {
  const { retryAfterSeconds } = problem;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  // As text: fastify would look for the response schema of the success.
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify(problem.toBody(request.id)));
}

export function asProblem(error: FastifyError | Problem): Problem {
  if (error instanceof Problem) return error;
  if (isCoded(error, 'REDIS_UNAVAILABLE')) return new Problem('REDIS_UNAVAILABLE', 'Redis does not answer; try again.');
  if (isCoded(error, 'POSTGRES_UNAVAILABLE')) {
    return new Problem('POSTGRES_UNAVAILABLE', 'PostgreSQL does not answer; try again.');
  }
  const { statusCode } = error;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new Problem('REQUEST_INVALID', error.message, { status: statusCode });
  }
  return new Problem('INTERNAL', 'The request could not be answered.', { cause: error });
}

/** What zod found wrong with a query, under the code that tells an unknown key from a bad value. */
export function queryProblem({ issues }: z.ZodError): Problem {
  const unknown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []));
  if (unknown.length > 0) {
    return new Problem(
      'QUERY_UNKNOWN_KEY',
      `unknown: ${unknown.join(', ')}; the keys of this path are listed at /docs`,
    );
  }
  const details = issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return new Problem('QUERY_INVALID', details.join('; '));
}
