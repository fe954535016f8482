import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConsumedRecord, type KafkaClient, type PartitionOffsets, type Tail, tailTopic } from '@tidemark/kafka';
import type { TopicName } from '@tidemark/wire';
import type { LineOf } from './line.ts';
import { Spool } from './spool.ts';

export interface RecorderOptions {
  client: KafkaClient;
  topic: TopicName;
  from: 'earliest' | 'latest';
  /** Stop where the topic ended when the recording began; otherwise go on with what comes. */
  untilEnd: boolean;
  /** Stop after so many lines. */
  limit: number;
  lineOf: LineOf;
  output: LineSink;
  /** Ends the recording; what was read by then is written. */
  signal: AbortSignal;
}

export interface LineSink {
  /** Resolves when there is room for the next line. */
  write(line: string): Promise<void>;
}

export interface RecorderCounts {
  read: number;
  /** Records between the start and where the topic ended then. */
  expected: number;
  written: number;
  /** Records that have no line: not decodable. */
  skipped: number;
}

/** What came meanwhile is written this often. */
const roundMs = 500;

/** Reads a topic and writes its records as lines, in the order in which they were appended, over all partitions. */
export class Recorder {
  readonly counts: RecorderCounts = { read: 0, expected: 0, written: 0, skipped: 0 };
  readonly #options: RecorderOptions;
  readonly #perPartition = new Map<number, number>();
  readonly #enough = Promise.withResolvers<void>();
  readonly #failed = Promise.withResolvers<never>();
  #ends = new Map<number, number>();
  /** Partitions from which more is needed before the first line is known. */
  #lacking = new Set<number>();
  #spool = new Spool();
  /** Records of several partitions come at once; the spool takes them one after the other. */
  #adding: Promise<void> = Promise.resolve();

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#failed.promise.catch(() => undefined);
  }

  /** Resolves when the recording is complete, or was ended by the signal. */
  async run(): Promise<RecorderCounts> {
    const { client, topic, from, limit, signal } = this.#options;
    const offsets = await client.offsets(topic);
    const start = new Map(offsets.map(({ partition, low, high }) => [partition, from === 'latest' ? high : low]));
    this.#plan(offsets, start);
    const tail = await this.#tail(start);
    try {
      await this.#until(Promise.race([tail.caughtUp, this.#enough.promise]));
      await this.#round();
      while (!this.#options.untilEnd && !signal.aborted && this.counts.written < limit) {
        await this.#until(sleep(roundMs));
        await this.#round();
      }
    } finally {
      await tail.close();
      await this.#spool.dispose();
    }
    return this.counts;
  }

  #plan(offsets: PartitionOffsets[], start: Map<number, number>): void {
    this.#ends = new Map(offsets.map(({ partition, high }) => [partition, high]));
    const behind = offsets.filter(({ partition, high }) => start.get(partition)! < high);
    this.#lacking = new Set(behind.map(({ partition }) => partition));
    this.counts.expected = behind.reduce((sum, { partition, high }) => sum + high - start.get(partition)!, 0);
  }

  #tail(from: Map<number, number>): Promise<Tail> {
    const { client, topic } = this.#options;
    return tailTopic(client, {
      topic,
      groupId: `tidemark-cli-${randomBytes(6).toString('hex')}`,
      from,
      onRecords: (partition, records) => {
        this.#adding = this.#adding.then(() => this.#add(partition, records));
        return this.#adding;
      },
      onError: this.#failed.reject,
    });
  }

  async #add(partition: number, records: ConsumedRecord[]): Promise<void> {
    const { lineOf, limit, untilEnd } = this.#options;
    const end = this.#ends.get(partition) ?? 0;
    const lines = [];
    let taken = this.#perPartition.get(partition) ?? 0;
    for (const record of records) {
      // Of one partition no more lines than the limit can be among the first.
      if (taken >= limit || (untilEnd && record.offset >= end)) break;
      this.counts.read++;
      const text = lineOf(record);
      if (text === null) this.counts.skipped++;
      else {
        lines.push({ appendTimeMs: record.appendTimeMs, text });
        taken++;
      }
    }
    this.#perPartition.set(partition, taken);
    await this.#spool.add(partition, lines);
    if (taken >= limit || records.at(-1)!.offset >= end - 1) this.#lacking.delete(partition);
    if (this.#lacking.size === 0) this.#enough.resolve();
  }

  /** Writes what has come since the last round. */
  async #round(): Promise<void> {
    const { limit, output } = this.#options;
    await this.#adding;
    const spool = this.#spool;
    this.#spool = new Spool();
    try {
      for await (const line of spool.merged()) {
        if (this.counts.written >= limit) break;
        await output.write(line);
        this.counts.written++;
      }
    } finally {
      await spool.dispose();
    }
  }

  /** Waits for one of: the promise, the signal, an error of the tail. */
  async #until(promise: Promise<void>): Promise<void> {
    const { signal } = this.#options;
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    if (signal.aborted) return;
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([promise, aborted.promise, this.#failed.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}
