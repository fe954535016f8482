import { problem } from '../schemas.ts';

/** The answers besides success that a route documents. */
export function problemResponses(...statuses: number[]) {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: 'See `code`.', content: { 'application/problem+json': { schema: problem } } },
    ]),
  );
}
