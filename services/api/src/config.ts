import { parseWindows } from '@tidemark/domain';
import { kafkaSettings } from '@tidemark/kafka';
import { integer, port, serviceSettings } from '@tidemark/runtime';
import { postgresSettings, redisSettings } from '@tidemark/store';
import { z } from 'zod';

export const schema = z.object({
  ...serviceSettings,
  ...kafkaSettings,
  ...postgresSettings,
  ...redisSettings,
  API_PORT: port(8080).describe('The public port; 0 takes a free one.'),
  GROUP_ID: z
    .string()
    .min(1)
    .default('tidemark-aggregator')
    .describe('The consumer group of the aggregator whose tokens are known.'),
  WINDOWS: z
    .string()
    .default('5m,1h,24h')
    .transform((text, context) => {
      try {
        return parseWindows(text).map(({ name }) => name);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
        return z.NEVER;
      }
    })
    .describe('The windows to name for a token without statistics while no owner has reported which ones it keeps.'),
  POSTGRES_CONNECTIONS: integer(10, { min: 1, max: 1_000 }).describe('Connections to PostgreSQL at most.'),
});

export type Settings = z.infer<typeof schema>;
