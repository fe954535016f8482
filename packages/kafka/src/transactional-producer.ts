import { CodedError, isCoded } from '@tidemark/runtime';
import type { RecordMetadata, Transaction } from 'kafkajs';
import type { KafkaClient } from './client.ts';
import { asCoded, causes } from './errors.ts';
import type { OutgoingRecord } from './producer.ts';

/** Sends the records in their order, and answers with the offset of each. */
export type SendInTransaction = (records: readonly OutgoingRecord[]) => Promise<number[]>;

export interface TransactionalProducer {
  /** Fences whoever used the id before: its transaction has ended, one way or the other, when this resolves. */
  connect(): Promise<void>;
  /**
   * All that the work sends is there for readers, or nothing of it. When it fails with the commit under way the outcome is not known
   * until somebody connects with the same id.
   * @throws CodedError PRODUCER_FENCED when somebody else has connected with the id
   */
  transact(work: (send: SendInTransaction) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

const transactionTimeoutMs = 30_000;
const fencing = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING']);

/** One transaction at a time, under an id that only one process at a time can use. */
export function createTransactionalProducer(client: KafkaClient, transactionalId: string): TransactionalProducer {
  const producer = client.kafka.producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: transactionTimeoutMs,
    allowAutoTopicCreation: false,
    retry: { retries: 5 },
  });
  let fenced: CodedError | undefined;
  return {
    connect: () => coded(() => producer.connect()),
    transact: async (work) => {
      // The client holds on to the transaction that it could not end.
      if (fenced) throw fenced;
      try {
        await coded(() => attempt(work));
      } catch (error) {
        if (isCoded(error, 'PRODUCER_FENCED')) fenced = error;
        throw error;
      }
    },
    close: () => producer.disconnect(),
  };

  async function attempt(work: (send: SendInTransaction) => Promise<void>): Promise<void> {
    const transaction = await producer.transaction();
    try {
      await work((records) => send(client, transaction, records));
    } catch (error) {
      // A transaction that cannot be aborted ends by its timeout, or when somebody connects with the id.
      await transaction.abort().catch(() => undefined);
      throw error;
    }
    await transaction.commit();
  }
}

async function send(
  client: KafkaClient,
  transaction: Transaction,
  records: readonly OutgoingRecord[],
): Promise<number[]> {
  const byTopic = Map.groupBy(records, ({ topic }) => client.topicName(topic));
  const topicMessages = Array.from(byTopic, ([topic, ofTopic]) => ({
    topic,
    messages: ofTopic.map(({ partition, key, value, headers }) => ({
      partition,
      key: bytesOf(key),
      value: bytesOf(value),
      ...(headers && { headers }),
    })),
  }));
  const next = new Map(
    (await transaction.sendBatch({ topicMessages })).map((sent) => [placeOf(sent), Number(sent.baseOffset)]),
  );
  return records.map(({ topic, partition }) => {
    const place = placeOf({ topicName: client.topicName(topic), partition });
    const offset = next.get(place)!;
    next.set(place, offset + 1);
    return offset;
  });
}

function placeOf({ topicName, partition }: Pick<RecordMetadata, 'topicName' | 'partition'>): string {
  return `${topicName} ${partition}`;
}

function bytesOf(content: string | Uint8Array | null): Buffer | null {
  return content === null ? null : Buffer.from(content);
}

async function coded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isFenced = [...causes(error)].some((one) => 'type' in one && fencing.has(String(one.type)));
    if (isFenced) throw new CodedError('PRODUCER_FENCED', 'somebody else uses the transactional id', { cause: error });
    throw asCoded(error);
  }
}
