import type { Link, Tap } from '@tidemark/testing';
import type { Replica } from './replica.ts';

/** A moment in the work of an aggregator, told by a message that goes by. */
export type KillPoint =
  | 'before apply'
  | 'inside the transaction'
  | 'at COMMIT'
  | 'after the Postgres commit'
  | 'after the Kafka commit'
  | 'between Redis and stats'
  | 'between stats and Redis';

const calls = { produce: 0, fetch: 1, offsetCommit: 8 };
/** What tells the records of `swaps` and the values of `stats` from everything else, in Kafka and in Redis. */
const swapField = '"trader"';
const valueField = '"price":';
const redisValueKey = 'stats:{';

const reachTimeoutMs = 30_000;

interface Moment {
  /** The message at which the moment is reached. */
  message: Buffer;
  link: Link;
}

interface ReachOptions {
  /** What passes from then on: nothing until the replica is severed, or everything. */
  afterwards: 'nothing' | 'everything';
  /** Called in the same turn of the event loop, so before anything more goes by; answers whether the message goes on. */
  act(moment: Moment): boolean;
}

/** Watches the replica's connections until the point is reached, and acts at once; resolves then. */
export async function reach(point: KillPoint, replica: Replica, { afterwards, act }: ReachOptions): Promise<void> {
  const proxies = { kafka: replica.kafka, postgres: replica.postgres, redis: replica.redis };
  let isReached = false;
  await new Promise<void>((resolve, reject) => {
    const tooLate = setTimeout(() => reject(new Error(`${replica.name} never came to: ${point}`)), reachTimeoutMs);
    const taps = tapsOf(point, (message, link) => {
      isReached = true;
      clearTimeout(tooLate);
      resolve();
      return act({ message, link });
    });
    for (const [name, proxy] of Object.entries(proxies)) {
      const tap = taps[name as Server] ?? {};
      proxy.tap = overruled(tap, () => (isReached ? afterwards === 'everything' : undefined));
    }
  });
}

/** The tap, except while something else says whether messages pass. */
function overruled(tap: Tap, passes: () => boolean | undefined): Tap {
  return {
    request: (...of) => passes() ?? tap.request?.(...of) ?? true,
    response: (...of) => passes() ?? tap.response?.(...of) ?? true,
  };
}

type Reach = (message: Buffer, link: Link) => boolean;
type Server = 'kafka' | 'postgres' | 'redis';
type Taps = Partial<Record<Server, Tap>>;

function tapsOf(point: KillPoint, reached: Reach): Taps {
  switch (point) {
    case 'before apply':
      return {
        kafka: { response: at(reached, (message, call) => call === calls.fetch && message.includes(swapField)) },
      };
    case 'inside the transaction':
      return { postgres: { request: at(reached, (message) => message.includes('INSERT INTO deltas')) } };
    case 'at COMMIT':
      return {
        postgres: checkpointTap((isCheckpoint) => ({
          request: at(reached, (...of) => isCheckpoint(of[2]) && isText(of[0], 'Q', 'COMMIT')),
        })),
      };
    case 'after the Postgres commit':
      return {
        postgres: checkpointTap((isCheckpoint) => ({
          response: at(reached, (...of) => isCheckpoint(of[2]) && isText(of[0], 'C', 'COMMIT')),
        })),
      };
    case 'after the Kafka commit':
      return { kafka: { response: at(reached, (_message, call) => call === calls.offsetCommit) } };
    case 'between Redis and stats':
      return betweenRedisAndStats(reached);
    case 'between stats and Redis':
    default:
      return betweenStatsAndRedis(reached);
  }
}

function at(reached: Reach, isIt: (message: Buffer, call: number, link: Link) => boolean): NonNullable<Tap['request']> {
  return (message, call, link) => (isIt(message, call, link) ? reached(message, link) : true);
}

/** Knows which connections have a checkpoint under way. */
function checkpointTap(tapOf: (isCheckpoint: (link: Link) => boolean) => Tap): Tap {
  const underWay = new WeakSet<Link>();
  const tap = tapOf((link) => underWay.has(link));
  return {
    ...tap,
    request(message, call, link) {
      if (isText(message, 'Q', 'BEGIN')) underWay.delete(link);
      if (message.includes('UPDATE partitions') && message.includes('next_offset =')) underWay.add(link);
      return tap.request?.(message, call, link) ?? true;
    },
  };
}

/** Values that are on their way to `stats` are withheld until Redis has written some. */
function betweenRedisAndStats(reached: Reach): Taps {
  let isWithheld = false;
  let isWriting = false;
  return {
    kafka: {
      request(message, call) {
        if (call === calls.produce && message.includes(valueField)) isWithheld = true;
        return !isWithheld;
      },
    },
    redis: {
      request(message) {
        isWriting ||= isWithheld && message.includes(redisValueKey);
        return true;
      },
      response: at(reached, () => isWriting),
    },
  };
}

/** Values that are on their way to Redis are withheld until `stats` has acknowledged some. */
function betweenStatsAndRedis(reached: Reach): Taps {
  let isWithheld = false;
  let isWriting = false;
  return {
    redis: {
      request(message) {
        if (message.includes(redisValueKey)) isWithheld = true;
        return !isWithheld;
      },
    },
    kafka: {
      request(message, call) {
        isWriting ||= isWithheld && call === calls.produce && message.includes(valueField);
        return true;
      },
      response: at(reached, (_message, call) => isWriting && call === calls.produce),
    },
  };
}

/** Watches the link from now on; answers with whether the server has said on it that a transaction is committed. */
export function watchCommit({ postgres }: Replica, link: Link): () => boolean {
  let isCommitted = false;
  postgres.tap = {
    response(message, _call, from) {
      isCommitted ||= from === link && isText(message, 'C', 'COMMIT');
      return true;
    },
  };
  return () => isCommitted;
}

/** A message of Postgres of the type, whose text begins so. */
function isText(message: Buffer, type: string, text: string): boolean {
  return message.toString('latin1', 0, 1) === type && message.toString('latin1', 5, 5 + text.length) === text;
}
