import { createHash } from 'node:crypto';
import { type Heartbeat, heartbeatKey, type StatsRecord } from '@tidemark/wire';
import type { Redis } from 'ioredis';
import { redisUnavailable } from './redis.ts';
import type { StatsEntry, StatsReading, StatsStore } from './stats-store.ts';
import { decodeValue, encodeVersion, writeIfNewerScript } from './versioned-value.ts';

/** Commands in one pipeline: bounds what a write or read of many tokens holds in buffers on both sides. */
const maxPipeline = 500;

/**
 * How long a tombstone's marker stays: longer than a former owner can be frozen and still get an older value out
 * (the consumer group's session timeout, a minute at most), so that the value does not come back.
 */
const tombstoneMarkerSeconds = 600;

const scriptHash = createHash('sha1').update(writeIfNewerScript).digest('hex');

export interface RedisStatsStoreOptions {
  redis: Redis;
  /** Begins every key. */
  prefix: string;
}

/** Statistics in Redis: one string a key, the version in front of the JSON. Needs commands of Redis 6.2 only. */
export function createRedisStatsStore({ redis, prefix }: RedisStatsStoreOptions): StatsStore {
  // The braces are the hash tag: all keys of a token are in one slot of a cluster.
  const redisKey = (key: string) => `${prefix}${key.startsWith('#') ? 'heartbeat' : 'stats'}:{${key}}`;

  async function run(fill: (pipeline: ReturnType<Redis['pipeline']>) => void): Promise<[Error | null, unknown][]> {
    const pipeline = redis.pipeline();
    fill(pipeline);
    try {
      return (await pipeline.exec()) ?? [];
    } catch (error) {
      throw redisUnavailable(error);
    }
  }

  async function writeSome(entries: readonly StatsEntry[]): Promise<void> {
    const send = () =>
      run((pipeline) => {
        for (const { key, version, json } of entries) {
          pipeline.evalsha(scriptHash, 1, redisKey(key), encodeVersion(version), json ?? '', tombstoneMarkerSeconds);
        }
      });
    let replies = await send();
    if (replies.some(([error]) => error?.message.startsWith('NOSCRIPT'))) {
      // A server that was restarted has forgotten the script. Writing the same versions twice is harmless.
      await run((pipeline) => pipeline.script('LOAD', writeIfNewerScript));
      replies = await send();
    }
    const failed = replies.find(([error]) => error !== null);
    if (failed) throw redisUnavailable(failed[0]);
  }

  async function get(keys: readonly string[]): Promise<(string | null)[]> {
    const stored: (string | null)[] = [];
    for (let start = 0; start < keys.length; start += maxPipeline) {
      const replies = await run((pipeline) => {
        // Single GETs, since the keys of an MGET would have to share a slot.
        for (const key of keys.slice(start, start + maxPipeline)) pipeline.get(redisKey(key));
      });
      for (const [error, reply] of replies) {
        if (error) throw redisUnavailable(error);
        stored.push(reply as string | null);
      }
    }
    return stored;
  }

  async function readWithHeartbeats(tokens: readonly string[], partitions: readonly number[]): Promise<StatsReading> {
    // Heartbeats first: a value read after them is at least as new as they promise. The other way round a heartbeat could be
    // taken to vouch for a value that was replaced between the two reads.
    const stored = await get([...partitions.map(heartbeatKey), ...tokens]);
    const decoded = stored.map(decodeValue);
    return {
      heartbeats: decoded
        .slice(0, partitions.length)
        .map((value) => (value === null ? null : (JSON.parse(value.json) as Heartbeat))),
      values: decoded.slice(partitions.length),
    };
  }

  async function heartbeats(partitions: readonly number[]): Promise<(Heartbeat | null)[]> {
    return (await readWithHeartbeats([], partitions)).heartbeats;
  }

  return {
    async write(entries) {
      for (let start = 0; start < entries.length; start += maxPipeline) {
        await writeSome(entries.slice(start, start + maxPipeline));
      }
    },
    readWithHeartbeats,
    async read(tokens) {
      const { values } = await readWithHeartbeats(tokens, []);
      return values.map((value) => (value === null ? null : (JSON.parse(value.json) as StatsRecord)));
    },
    async readHeartbeat(partition) {
      return (await heartbeats([partition]))[0] ?? null;
    },
    heartbeats: (partitionCount) => heartbeats(Array.from({ length: partitionCount }, (_, partition) => partition)),
  };
}
