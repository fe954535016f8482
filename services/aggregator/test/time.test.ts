import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Heartbeat } from '@tidemark/wire';
import { Installation, until } from './installation.ts';

const env = { CLOCK: 'wall', WINDOWS: '5s,10s', LATENESS: '5s' };

/** Trades of a single swap in a window, by the definition: buckets of a second. */
function expectedTrades(asOfMs: number, timestampMs: number, lengthSeconds: number): number {
  const [t, at] = [Math.floor(asOfMs / 1_000), Math.floor(timestampMs / 1_000)];
  return t - lengthSeconds < at && at <= t ? 1 : 0;
}

describe('by the wall clock', () => {
  test('a token decays to zero with no new swap, and every value says what its moment says', async (t) => {
    const installation = await Installation.create(t);
    await installation.startReady(env);
    const token = installation.token(0);
    const timestamp = Date.now();
    await installation.produce({ token, timestamp });
    await until(async () => (await installation.trades(token)) === 1);
    await until(async () => (await installation.trades(token)) === 0);
    const seen = new Set<string>();
    for (const event of await installation.readStats(0)) {
      if (event.kind !== 'value') continue;
      const { asOf, windows } = event.record;
      for (const [name, { trades }] of Object.entries(windows)) {
        assert.equal(trades, expectedTrades(asOf, timestamp, Number.parseInt(name, 10)), `${name} as of ${asOf}`);
        seen.add(`${name} ${trades}`);
      }
    }
    assert.deepEqual(
      [...seen].toSorted((a, b) => a.localeCompare(b)),
      ['10s 0', '10s 1', '5s 0', '5s 1'],
    );
  });

  test('a swap stamped ahead enters a window when the moment reaches it', async (t) => {
    const installation = await Installation.create(t);
    await installation.startReady(env);
    const token = installation.token(0);
    const timestamp = Date.now() + 4_000;
    await installation.produce({ token, timestamp });
    await until(async () => (await installation.trades(token)) === 0);
    await until(async () => (await installation.trades(token)) === 1);
    const [record] = await installation.stats.read([token]);
    assert.ok(record!.asOf >= Math.floor(timestamp / 1_000) * 1_000);
    for (const event of await installation.readStats(0)) {
      if (event.kind !== 'value') continue;
      const { asOf, windows } = event.record;
      assert.equal(windows['10s']!.trades, expectedTrades(asOf, timestamp, 10), `as of ${asOf}`);
    }
  });

  test('partitions in which nothing happens keep beating, at rising moments, to Redis and to stats', async (t) => {
    const installation = await Installation.create(t);
    await installation.startReady(env);
    const beats = async () => (await installation.stats.heartbeats(2)) as Heartbeat[];
    await until(async () => (await beats()).every(Boolean));
    const first = await beats();
    await until(async () =>
      (await beats()).every(({ reportedAt }, index) => reportedAt >= first[index]!.reportedAt + 2_000),
    );
    for (const [partition, beat] of (await beats()).entries()) {
      assert.ok(beat.status.t > first[partition]!.status.t);
      assert.equal(beat.status.nextOffset, 0);
      assert.deepEqual(beat.windows, ['5s', '10s']);
      const reported = (await installation.readStats(partition))
        .filter((event) => event.kind === 'heartbeat')
        .map(({ heartbeat }) => heartbeat.reportedAt);
      assert.ok(reported.length > 0);
      assert.deepEqual(
        reported,
        reported.toSorted((a, b) => a - b),
      );
    }
  });
});
