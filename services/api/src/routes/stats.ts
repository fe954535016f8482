import { normaliseToken } from '@tidemark/wire';
import type { FastifyReply } from 'fastify';
import { Problem } from '../problems.ts';
import { manyStatistics, maxTokensPerRequest, noQuery, tokenParams, tokenStatistics, tokensQuery } from '../schemas.ts';
import type { ApiServer } from '../server.ts';
import type { ReadStats } from '../stats-reader.ts';
import { problemResponses } from './responses.ts';

export function addStatsRoutes(app: ApiServer, readStats: ReadStats): void {
  app.get(
    '/v1/tokens/:token/stats',
    {
      schema: {
        summary: 'Statistics of one token',
        tags: ['statistics'],
        params: tokenParams,
        querystring: noQuery,
        response: { 200: tokenStatistics, ...problemResponses(400, 404, 503) },
      },
    },
    async (request, reply) => {
      const token = parseToken(request.params.token);
      const [answer] = (await readStats([token])).found;
      if (answer === undefined) throw new Problem('TOKEN_UNKNOWN', `no swap of ${token} was ever counted`);
      return sendJson(reply, answer);
    },
  );

  app.get(
    '/v1/stats',
    {
      schema: {
        summary: 'Statistics of several tokens',
        tags: ['statistics'],
        querystring: tokensQuery,
        response: { 200: manyStatistics, ...problemResponses(400, 503) },
      },
    },
    async (request, reply) => {
      const { found, missing } = await readStats(parseTokens(request.query.tokens));
      return sendJson(reply, `{"tokens":[${found.join(',')}],"missing":${JSON.stringify(missing)}}`);
    },
  );
}

/** JSON that is text already: it is not serialised again. */
function sendJson(reply: { type(contentType: string): unknown }, json: string) {
  return (reply.type('application/json') as FastifyReply).send(json);
}

function parseToken(text: string): string {
  const token = normaliseToken(text);
  if (token === null) {
    throw new Problem('TOKEN_INVALID', `${JSON.stringify(text)} is no token: 1 to 128 of letters, digits, : . _ -`);
  }
  return token;
}

function parseTokens(list: string): string[] {
  const tokens = list.split(',').map(parseToken);
  if (tokens.length > maxTokensPerRequest) {
    throw new Problem('TOKENS_TOO_MANY', `${tokens.length} tokens; ask for at most ${maxTokensPerRequest} at a time`);
  }
  return [...new Set(tokens)];
}
