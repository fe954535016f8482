import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CodecError, type LogRecord, type LogState, readHead, TooManyTokensError } from '@tidemark/domain';
import { CodedError } from '@tidemark/runtime';
import type { LastRecord, StoredState } from './checkpoint.ts';

/** How long an engine is restored before other work of the process has its turn. */
const sliceMs = 8;

/**
 * Restores the engine of a partition from what was stored, in slices: what the process does beside it goes on.
 * @throws CodedError CHECKPOINT_CORRUPT when it cannot be read, whatever its checksum says.
 */
export async function restoreEngine(
  engine: LogState,
  { shards, deltas, head }: StoredState,
  signal?: AbortSignal,
): Promise<void> {
  let sliceEndMs = performance.now() + sliceMs;
  const breathe = async () => {
    if (performance.now() < sliceEndMs) return;
    await nextTurn();
    signal?.throwIfAborted();
    sliceEndMs = performance.now() + sliceMs;
  };
  const atOffsets = new Map(shards.map(({ shard, atOffset }) => [shard, atOffset]));
  try {
    for (const { shard, bytes } of shards) {
      engine.restoreShard(shard, bytes);
      await breathe();
    }
    for (const { from, bytes } of deltas) {
      if (bytes.length > 0) engine.replay(bytes, (shard) => (atOffsets.get(shard) ?? -1) <= from);
      await breathe();
    }
    if (head !== null) engine.restoreHead(readHead(head));
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new CodedError('CHECKPOINT_CORRUPT', `the stored state cannot be read: ${error.message}`, { cause: error });
  }
}

/** What an engine throws while it applies, as an error that an operator can look up. */
export function engineError(error: unknown, partition: number): unknown {
  if (!(error instanceof TooManyTokensError)) return error;
  return new CodedError('TOO_MANY_TOKENS', `partition ${partition}: ${error.message}`, { cause: error });
}

/** What tells a record of the log from any other that could stand at its offset. */
export function lastRecordOf({ offset, appendTimeMs, key, value }: LogRecord): LastRecord {
  const hash = createHash('sha256');
  for (const part of [key, value]) hash.update(part === null ? 'null;' : `${part.length};`).update(part ?? '');
  return { offset, appendTimeMs, hash: hash.digest('hex') };
}

export function isSameRecord(a: LastRecord, b: LastRecord): boolean {
  return a.offset === b.offset && a.appendTimeMs === b.appendTimeMs && a.hash === b.hash;
}
