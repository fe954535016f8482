import { randomUUID } from 'node:crypto';
import { tailTopic } from '@tidemark/kafka';
import { overlayFromRedis } from '@tidemark/store';
import { compareVersions, heartbeatKey, readStatsRecord, type Version } from '@tidemark/wire';
import type { Installation } from '../../support/installation.ts';

export interface LateReading {
  /** Keys whose version is older than what others were given before; must be empty. */
  wentBack: string[];
  /** Keys whose last record in the topic was not the newest, which is what Redis is laid over it for. */
  mended: number;
}

/**
 * A reader of `stats` that starts only now, after compaction: of each key it finds the last record, and lays what Redis holds over
 * it, as the gateway and the API do. `given`: what other readers hold.
 */
export async function readStatsLate(
  installation: Installation,
  given: readonly ReadonlyMap<string, Version>[],
): Promise<LateReading> {
  // They go on reading; what they hold by now is in the topic.
  const held = given.map((versions) => new Map(versions));
  const last = await lastOfEachKey(installation);
  const newest = new Map(last);
  await overlayFromRedis({
    store: installation.stats,
    tokens: [...last.keys()].filter((key) => !key.startsWith('#')),
    apply: ({ token, version }) => {
      if (compareVersions(version, newest.get(token)!) > 0) newest.set(token, version);
    },
  });
  const wentBack = new Set<string>();
  const mended = new Set<string>();
  for (const versions of held) {
    for (const [key, version] of versions) {
      if (isOlder(newest, key, version) && !key.startsWith('#'))
        wentBack.add(`${key}: ${version.join('.')} then ${(newest.get(key) ?? []).join('.')}`);
      if (isOlder(last, key, version)) mended.add(key);
    }
  }
  return { wentBack: [...wentBack], mended: mended.size };
}

function isOlder(found: ReadonlyMap<string, Version>, key: string, version: Version): boolean {
  return compareVersions(found.get(key) ?? [0, 0, 0, 0], version) < 0;
}

async function lastOfEachKey(installation: Installation): Promise<Map<string, Version>> {
  const last = new Map<string, Version>();
  const tail = await tailTopic(installation.client, {
    topic: 'stats',
    groupId: `test-late-${randomUUID()}`,
    onRecords: (_partition, records) => {
      for (const { key, value } of records) {
        const event = readStatsRecord(key, value);
        if (event?.kind === 'value') last.set(event.token, event.record.version);
        else if (event?.kind === 'heartbeat')
          last.set(heartbeatKey(event.heartbeat.partition), event.heartbeat.version);
      }
    },
    onError: (error) => {
      throw error;
    },
  });
  await tail.caughtUp;
  await tail.close();
  return last;
}
