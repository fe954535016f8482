import type { StatsRecord } from '@tidemark/wire';
import type { StatsStore } from './stats-store.ts';

/** Tokens asked of Redis at a time. */
const chunkSize = 500;

export interface OverlayOptions {
  store: Pick<StatsStore, 'read'>;
  /** What was read from `stats`. */
  tokens: readonly string[];
  /** Takes the value from Redis; it keeps the greater version. */
  apply(record: StatsRecord): void;
}

/**
 * Lays what Redis holds over what was read from `stats`. Compaction keeps the last record of a token, which a former owner may
 * have got out late; Redis keeps the greatest version. Heartbeats are left alone: one from Redis would vouch for values that
 * are still on their way through `stats`.
 * @throws CodedError REDIS_UNAVAILABLE
 */
export async function overlayFromRedis({ store, tokens, apply }: OverlayOptions): Promise<void> {
  for (let start = 0; start < tokens.length; start += chunkSize) {
    for (const record of await store.read(tokens.slice(start, start + chunkSize))) {
      if (record !== null) apply(record);
    }
  }
}
