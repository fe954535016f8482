import { setTimeout as sleep } from 'node:timers/promises';
import { createPostgresPartitionStore } from '@tidemark/store';
import type { Installation } from '../../support/installation.ts';

/** Where each partition stands, by each of the servers, as far as it is known. */
export interface Position {
  /** The next offset, as Postgres has it. */
  stored: number[];
  /** The end of the log. */
  ends: number[];
  /** Whose heartbeat was last in Redis. */
  owners: (string | undefined)[];
}

const pollMs = 100;

/** Looks at all servers again and again; of one that is away the last answer stands. */
export class Observer {
  readonly position: Position;
  readonly #installation: Installation;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>[];

  constructor(installation: Installation) {
    this.#installation = installation;
    const { partitionCount } = installation;
    const zeros = () => Array.from({ length: partitionCount }, () => 0);
    this.position = { stored: zeros(), ends: zeros(), owners: Array.from({ length: partitionCount }, () => undefined) };
    this.#running = [() => this.readStored(), () => this.readEnds(), () => this.#readOwners()].map((look) =>
      this.#repeat(look),
    );
  }

  /** @throws CodedError POSTGRES_UNAVAILABLE */
  async readStored(): Promise<number[]> {
    const { postgres, client, stack } = this.#installation;
    const list = createPostgresPartitionStore(postgres).list;
    for (const { partition, nextOffset } of await list(stack.env['GROUP_ID']!, client.topicName('swaps')))
      this.position.stored[partition] = nextOffset;
    return this.position.stored;
  }

  /** @throws CodedError KAFKA_UNAVAILABLE */
  async readEnds(): Promise<number[]> {
    for (const { partition, high } of await this.#installation.client.offsets('swaps'))
      this.position.ends[partition] = high;
    return this.position.ends;
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  async #readOwners(): Promise<void> {
    const { stats, partitionCount } = this.#installation;
    for (const heartbeat of await stats.heartbeats(partitionCount))
      if (heartbeat) this.position.owners[heartbeat.partition] = heartbeat.status.owner;
  }

  async #repeat(look: () => Promise<unknown>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await look().catch(() => undefined);
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
