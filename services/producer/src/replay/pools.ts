import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodedError } from '@tidemark/runtime';
import { z } from 'zod';

const address = z.string().regex(/^0x[0-9a-f]{40}$/, 'expected an address in lower case');

const poolToken = z.strictObject({
  address,
  symbol: z.string().min(1).max(128),
  name: z.string().min(1).max(128),
  // An amount on the wire has 18 digits after the point.
  decimals: z.int().min(0).max(18),
});

const side = z.enum(['token0', 'token1']);

const poolSchema = z
  .strictObject({
    /** Recordings whose file name begins with it are of this pool. */
    label: z.string().regex(/^[a-z0-9-]+$/, 'expected lower-case letters, digits and hyphens'),
    protocol: z.literal('uniswap-v3'),
    chain: z.int().min(1),
    address,
    token0: poolToken,
    token1: poolToken,
    /** Which of the two is worth one dollar. */
    dollar: side,
    /** Whose trades the swaps are. */
    tracked: side,
  })
  .refine(({ dollar, tracked }) => dollar !== tracked, { path: ['tracked'], error: 'has to be the other token' });

/** What the logs of a pool do not say. */
export type Pool = z.infer<typeof poolSchema>;

const poolsDir = fileURLToPath(new URL('../../pools', import.meta.url));

/**
 * The pool that a recording is of: that of `poolFile` when one is named, otherwise the one in `pools/` whose label begins the name
 * of the recording.
 * @throws CodedError REPLAY_INVALID
 */
export async function findPool(recordingPath: string, poolFile: string): Promise<Pool> {
  if (poolFile !== '') return readPool(poolFile);
  const files = (await readdir(poolsDir)).filter((name) => name.endsWith('.json'));
  const pools = await Promise.all(files.map((name) => readPool(join(poolsDir, name))));
  const pool = pools.find(({ label }) => basename(recordingPath).startsWith(label));
  if (pool) return pool;
  const labels = pools.map(({ label }) => label).join(', ');
  throw new CodedError(
    'REPLAY_INVALID',
    `${recordingPath} does not say which pool its logs are of: begin its name with a known label (${labels}), or name the pool's file in POOL_FILE`,
  );
}

async function readPool(path: string): Promise<Pool> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new CodedError('REPLAY_INVALID', `cannot read the pool file ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const parsed = poolSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  - ${issue.path.join('.') || 'pool'}: ${issue.message}`);
  throw new CodedError('REPLAY_INVALID', `the pool file ${path} is not usable:\n${problems.join('\n')}`);
}
