import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const stackFile = z.object({
  api: z.string(),
  gateway: z.string(),
  kafka: z.array(z.string()),
  postgres: z.string(),
  redis: z.string(),
  services: z.array(z.object({ name: z.string(), pid: z.number(), admin: z.string() })),
});

export type RunningStack = z.infer<typeof stackFile>;

/** What `npm start` says of itself in TIDEMARK_DIR; undefined where nothing runs. */
export function readRunningStack(env: NodeJS.ProcessEnv): RunningStack | undefined {
  const path = join(env['TIDEMARK_DIR'] || '.tidemark', 'stack.json');
  try {
    return stackFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** The environment with the addresses of the running stack where it does not name others. */
export function withRunningStack(env: NodeJS.ProcessEnv, stack: RunningStack | undefined): NodeJS.ProcessEnv {
  if (stack === undefined) return env;
  const addresses = { KAFKA_BROKERS: stack.kafka.join(','), DATABASE_URL: stack.postgres, REDIS_URL: stack.redis };
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  return { ...addresses, ...given };
}
