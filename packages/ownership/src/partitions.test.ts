import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryCheckpointStore, type Ownership, type Standing } from '@tidemark/checkpoint';
import { createRegister, defaultRules } from '@tidemark/domain';
import type { Assignment, KafkaClient } from '@tidemark/kafka';
import { Readiness, silentLogger } from '@tidemark/runtime';
import { Registry } from 'prom-client';
import { createOwnershipMetrics } from './metrics.ts';
import { OwnedLog } from './owned-log.ts';
import { Partitions } from './partitions.ts';

class Owned extends OwnedLog {
  protected override take(): void {}
  override ready = () => Promise.resolve();
  protected override rows = () => ({ candles: [], tokens: [] });
  protected override acknowledged = () => Promise.resolve();
}

/** A store whose word on who owns what comes when the test says so. */
class SlowStore extends MemoryCheckpointStore {
  readonly answers: (() => void)[] = [];

  override async standings(ownerships: readonly Ownership[]): Promise<Standing[]> {
    await new Promise<void>((resolve) => this.answers.push(resolve));
    return super.standings(ownerships);
  }
}

function assignmentOf(partition: number) {
  const ended = new AbortController();
  const assignment = {
    partition,
    ready: true,
    signal: ended.signal,
    confirmed: () => Promise.resolve(),
    get ended() {
      return ended.signal.aborted;
    },
  } as unknown as Assignment;
  return { assignment, end: () => ended.abort(new Error('the assignment ended')) };
}

function create() {
  const store = new SlowStore();
  const client = {
    topicName: () => 'swaps',
    offsets: () => Promise.resolve([{ low: 0, high: 0 }]),
    topicId: () => Promise.resolve(null),
  } as unknown as KafkaClient;
  const partitions: Partitions<Owned> = new Partitions({
    client,
    store,
    checkpointer: () => ({ settled: () => Promise.resolve() }) as never,
    groupId: 'g',
    partitionCount: 1,
    rulesHash: 'rules',
    metrics: createOwnershipMetrics([new Registry()], () => partitions, 1_000),
    readiness: new Readiness('start'),
    log: silentLogger(),
    restore: async ({ assignment, ownership, stored }) =>
      new Owned({
        assignment,
        ownership,
        stored,
        state: createRegister({ rules: defaultRules, partition: 0, partitionCount: 1 }),
        endOffset: 0,
      }),
    onFatal: (error) => {
      throw error;
    },
  });
  return { partitions, store };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('the partitions of a member', () => {
  test('one that is kept through two rebalances belongs to the later assignment, whichever answer comes last', async () => {
    const { partitions, store } = create();
    const [first, second, third] = [assignmentOf(0), assignmentOf(0), assignmentOf(0)];
    await partitions.assigned(first.assignment);
    const [owned] = partitions;

    first.end();
    const former = partitions.assigned(second.assignment);
    await until(() => store.answers.length === 1);
    second.end();
    const later = partitions.assigned(third.assignment);
    await until(() => store.answers.length === 2);
    store.answers[1]!();
    await later;
    store.answers[0]!();
    await assert.rejects(former, /the assignment ended/);

    assert.equal([...partitions][0], owned, 'its memory was kept');
    assert.equal(owned!.assignment, third.assignment);
  });

  test('one that somebody else owned meanwhile is restored, not kept', async () => {
    const { partitions, store } = create();
    const [first, second] = [assignmentOf(0), assignmentOf(0)];
    await partitions.assigned(first.assignment);
    const [owned] = partitions;
    await store.own(
      { groupId: 'g', topic: 'swaps', partition: 0 },
      { rulesHash: 'rules', partitionCount: 1, startOffset: 0 },
    );
    const assigned = partitions.assigned(second.assignment);
    await until(() => store.answers.length === 1);
    store.answers[0]!();
    await assigned;
    assert.notEqual([...partitions][0], owned);
    assert.equal([...partitions][0]!.assignment, second.assignment);
  });
});
