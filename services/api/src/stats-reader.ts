import { partitionOf } from '@tidemark/domain';
import type { StatsStore, TokenStore } from '@tidemark/store';
import type { Heartbeat, StatsRecord } from '@tidemark/wire';
import type { RankingTable } from './ranking/table.ts';
import { emptyAnswer, freshness, withFreshness } from './stats-answer.ts';

export interface StatsReaderDeps {
  store: StatsStore;
  tokenStore: TokenStore;
  table: RankingTable;
  groupId: string;
  /** For a token without statistics while no owner has reported which windows it keeps. */
  windows: readonly string[];
  now(): number;
}

export interface StatsAnswers {
  /** JSON of each token found, in the order asked. */
  found: string[];
  missing: string[];
}

/** Answers for tokens (normalised, each once). @throws CodedError REDIS_UNAVAILABLE, POSTGRES_UNAVAILABLE */
export type ReadStats = (tokens: readonly string[]) => Promise<StatsAnswers>;

export function createStatsReader(deps: StatsReaderDeps): ReadStats {
  const { store, tokenStore, table, groupId, now } = deps;
  const partitionCount = table.heartbeats.length;

  return async (tokens) => {
    const partitions = [...new Set(tokens.map((token) => partitionOf(token, partitionCount)))];
    const reading = await store.readWithHeartbeats(tokens, partitions);
    const heartbeatOf = (token: string): Heartbeat | null =>
      reading.heartbeats[partitions.indexOf(partitionOf(token, partitionCount))] ?? null;
    const answers = new Map<string, string>();
    tokens.forEach((token, index) => {
      const value = reading.values[index];
      if (value) answers.set(token, withFreshness(value.json, freshness(value.version, heartbeatOf(token), now())));
    });
    answerFromTable(tokens, answers);
    await answerKnown(tokens, answers, heartbeatOf);
    return {
      found: tokens.flatMap((token) => answers.get(token) ?? []),
      missing: tokens.filter((token) => !answers.has(token)),
    };
  };

  /**
   * A token that has statistics in `stats` and none in Redis was lost by Redis: its figures come from the table until its owner
   * has written them again. They are not zero.
   */
  function answerFromTable(tokens: readonly string[], answers: Map<string, string>): void {
    for (const token of tokens) {
      const record: StatsRecord | null = answers.has(token) ? null : table.find(token);
      if (record === null) continue;
      const heartbeat = table.heartbeats[partitionOf(token, partitionCount)] ?? null;
      answers.set(token, JSON.stringify({ ...record, ...freshness(record.version, heartbeat, now()) }));
    }
  }

  async function answerKnown(
    tokens: readonly string[],
    answers: Map<string, string>,
    heartbeatOf: (token: string) => Heartbeat | null,
  ): Promise<void> {
    const unanswered = tokens.filter((token) => !answers.has(token));
    if (unanswered.length === 0) return;
    for (const known of await tokenStore.find(groupId, unanswered)) {
      const heartbeat = heartbeatOf(known.token);
      const windows = heartbeat?.windows ?? deps.windows;
      answers.set(known.token, emptyAnswer(known, windows, freshness(null, heartbeat, now())));
    }
  }
}
