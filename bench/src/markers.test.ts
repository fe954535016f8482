import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf } from '@tidemark/domain';
import type { BatchProducer, OutgoingRecord } from '@tidemark/kafka';
import { Markers, preciseNowMs } from './markers.ts';

const always = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };

/** A producer that keeps what it is given. */
function collector(failure?: Error) {
  const records: OutgoingRecord[] = [];
  const producer = {
    send: async (record: OutgoingRecord) => {
      if (failure) throw failure;
      records.push(record);
    },
    flush: async () => undefined,
  } as unknown as BatchProducer;
  return { records, producer };
}

async function sendSome(markers: Markers, enough: () => boolean): Promise<void> {
  const stopping = new AbortController();
  const sending = markers.send(stopping.signal);
  while (!enough()) await sleep(1);
  stopping.abort();
  await sending;
}

describe('markers', () => {
  const options = { partitions: 12, rate: 100_000, seed: 1, run: 'r' };

  test('are distinct swaps in the partitions of their tokens', async () => {
    const { records, producer } = collector();
    await sendSome(new Markers({ producer, ...options }), () => records.length >= 130);
    const ids = records.map(({ value }) => (JSON.parse(value as string) as { id: string }).id);
    assert.equal(new Set(ids).size, records.length);
    for (const { key, partition } of records) assert.equal(partition, partitionOf(key as string, 12));
  });

  test('are in when their token has as many trades: one update may bring several', async () => {
    const { records, producer } = collector();
    const markers = new Markers({ producer, ...options });
    await sendSome(markers, () => records.length >= 130);
    const token = records[0]!.key as string;
    markers.arrived(token, 2, preciseNowMs());
    markers.arrived(token, 2, preciseNowMs());
    assert.equal(markers.latencies.summary(always).count, 2);
    assert.throws(() => markers.arrived(token, 100_000, preciseNowMs()), /100000 trades, of which/);
  });

  test('are all in when each token has as many trades as were sent', async () => {
    const { records, producer } = collector();
    const markers = new Markers({ producer, ...options });
    await sendSome(markers, () => records.length >= 10);
    for (const [token, own] of Map.groupBy(records, ({ key }) => key as string)) {
      markers.arrived(token, own.length, preciseNowMs());
    }
    await markers.allArrived(new AbortController().signal);
    assert.equal(markers.latencies.summary(always).count, records.length);
  });

  test('that are not acknowledged are an error', async () => {
    let tries = 0;
    const { producer } = collector(new Error('no broker'));
    const failing = { ...producer, send: (record: OutgoingRecord) => (tries++, producer.send(record)) };
    await assert.rejects(
      sendSome(new Markers({ producer: failing, ...options }), () => tries > 0),
      /no broker/,
    );
  });
});
