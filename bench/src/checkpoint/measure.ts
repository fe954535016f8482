import { PostgresCheckpointStore } from '@tidemark/checkpoint';
import { silentLogger } from '@tidemark/runtime';
import { startTemporaryStack } from '@tidemark/stack';
import { createPostgres, migrate } from '@tidemark/store';
import type { Measure, RunContext } from '../measure.ts';
import { checkpointSection } from './section.ts';
import { measureSizes, type SizeRow } from './sizes.ts';
import { measureStalls, type StallRow } from './stalls.ts';

export interface CheckpointData {
  sizes: SizeRow[];
  stalls: StallRow[];
}

const tokenCounts = [1_000, 10_000, 100_000];
/** And every token. */
const changeCounts = [100, 1_000];

export const checkpoint: Measure<object, CheckpointData> = {
  name: 'checkpoint',
  description:
    'what checkpoints write by size of the state and rate of change, and how long rewriting bases holds applying up',
  configure: (command) => command,
  run,
  section: checkpointSection,
};

async function run(context: RunContext): Promise<CheckpointData> {
  // In this order: what the sizes leave behind would be part of the pauses for garbage.
  return { stalls: await stalls(context), sizes: sizes(context) };
}

async function stalls({ seed, signal, say }: RunContext): Promise<StallRow[]> {
  const log = silentLogger();
  const { stack, dispose } = await startTemporaryStack({ prefix: 'tidemark-bench-', onProgress: say });
  const postgres = createPostgres({ url: stack.postgres, log });
  try {
    await migrate({ url: stack.postgres, log });
    return await measureStalls(new PostgresCheckpointStore(postgres), seed, { signal, say });
  } finally {
    await postgres.end();
    await dispose();
  }
}

function sizes({ seed, signal, say }: RunContext): SizeRow[] {
  return tokenCounts.flatMap((tokens) => {
    signal.throwIfAborted();
    return measureSizes(seed, tokens, new Set([...changeCounts, tokens]), say);
  });
}
