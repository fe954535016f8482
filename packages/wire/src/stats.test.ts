import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { emptyWindow } from '@tidemark/domain';
import { type Heartbeat, heartbeatKey, readStatsRecord, type StatsRecord } from './stats.ts';

const record: StatsRecord = {
  token: '1:0xab',
  symbol: 'AB',
  name: null,
  version: [1, 20, 3, 1_700_000_000_000],
  asOf: 1_700_000_000_000,
  price: '1.5',
  windows: { '5m': emptyWindow(), '24h': { ...emptyWindow(), trades: 1 } },
};
const heartbeat: Heartbeat = {
  partition: 7,
  version: [1, 20, 3, 1_700_000_000_000],
  reportedAt: 1_700_000_000_100,
  windows: ['5m', '24h'],
  status: {
    topic: 'swaps',
    nextOffset: 20,
    lag: 0,
    watermark: null,
    t: 1_700_000_000_000,
    counted: 20,
    duplicate: 0,
    late: 0,
    rejected: 0,
    owner: 'aggregator-1',
    epoch: 3,
    checkpointAgeMs: 5,
  },
};

const bytes = (content: unknown) => Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
const read = (key: string, value: unknown) => readStatsRecord(bytes(key), value === null ? null : bytes(value));

describe('a record of stats', () => {
  test('under a token is its value, or without one the end of it', () => {
    assert.deepEqual(read('1:0xab', record), { kind: 'value', token: '1:0xab', record });
    assert.deepEqual(read('1:0xab', null), { kind: 'tombstone', token: '1:0xab' });
  });

  test('under # and a partition is its heartbeat', () => {
    assert.equal(heartbeatKey(7), '#7');
    assert.deepEqual(read('#7', heartbeat), { kind: 'heartbeat', heartbeat });
  });

  test('that no owner wrote is null, never an exception', () => {
    const { version: _v, ...unversioned } = record;
    const garbage: [string, unknown][] = [
      ['a', ''],
      ['a', '{'],
      ['a', 'null'],
      ['a', '7'],
      ['a', '[]'],
      ['a', '"text"'],
      ['a', '{}'],
      ['1:0xab', unversioned],
      ['1:0xab', { ...record, version: [1, 2, 3] }],
      ['1:0xab', { ...record, version: [1, 2, 3, -1] }],
      ['1:0xab', { ...record, version: '1,2,3,4' }],
      ['1:0xab', { ...record, windows: null }],
      ['1:0xab', { ...record, windows: { '5m': null } }],
      ['1:0xab', { ...record, windows: [emptyWindow()] }],
      ['another', record],
      ['#7', null],
      ['#7', record],
      ['#8', heartbeat],
      ['#', heartbeat],
      ['#07', heartbeat],
      ['#7', { ...heartbeat, reportedAt: 'now' }],
      ['#7', { ...heartbeat, windows: '5m' }],
      ['#7', { ...heartbeat, windows: [5] }],
      ['#7', { ...heartbeat, status: null }],
    ];
    for (const [key, value] of garbage) assert.equal(read(key, value), null, `${key}: ${JSON.stringify(value)}`);
    assert.equal(readStatsRecord(null, bytes(record)), null);
    assert.equal(readStatsRecord(bytes('a'), Buffer.from([0xff, 0xfe, 0x00])), null);
  });
});
