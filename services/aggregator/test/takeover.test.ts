import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { silentLogger } from '@tidemark/runtime';
import { createPostgres, createPostgresPartitionStore } from '@tidemark/store';
import { compareVersions, type StatsEvent, type Version } from '@tidemark/wire';
import { Installation, until } from './installation.ts';

const tokens = Array.from({ length: 30 }, (_, index) => `token${index}`);

/** Rounds of swaps over all tokens until it is stopped, which answers with their number. */
function load(installation: Installation): { stop(): Promise<number> } {
  const stopping = new AbortController();
  const running = (async () => {
    let rounds = 0;
    for (; !stopping.signal.aborted; rounds++) await installation.produce(...tokens.map((token) => ({ token })));
    return rounds;
  })();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}

function versionOf(event: StatsEvent): Version | undefined {
  if (event.kind === 'heartbeat') return event.heartbeat.version;
  return event.kind === 'value' ? event.record.version : undefined;
}

describe('a takeover', () => {
  test('after SIGKILL amid load: no record of stats is older than a heartbeat before it, and every swap is counted once', async (t) => {
    const installation = await Installation.create(t);
    let running = await installation.startReady();
    const under = load(installation);
    for (let kills = 0; kills < 2; kills++) {
      const before = (await installation.stats.heartbeats(2)).map((beat) => beat?.version[1] ?? 0);
      await until(async () =>
        (await installation.stats.heartbeats(2)).every((beat, index) => (beat?.version[1] ?? 0) > before[index]!),
      );
      await running.kill('SIGKILL');
      running = await installation.startReady();
    }
    const rounds = await under.stop();
    await until(async () => {
      const records = await installation.stats.read(tokens);
      return records.every((record) => record?.windows['24h']?.trades === rounds);
    });
    for (const partition of [0, 1]) {
      let promised: Version = [0, 0, 0, 0];
      const epochs = new Set<number>();
      for (const event of await installation.readStats(partition)) {
        const version = versionOf(event);
        if (!version) continue;
        assert.ok(
          compareVersions(version, promised) >= 0,
          `${event.kind} of ${version.join()} after a heartbeat of ${promised.join()}`,
        );
        if (event.kind === 'heartbeat') promised = version;
        epochs.add(version[2]);
      }
      assert.equal(epochs.size, 3);
    }
  });

  test('a graceful stop stores everything: the next start begins at the end of the log, with the same figures', async (t) => {
    const installation = await Installation.create(t);
    // So long an interval that nothing but the stop stores what was counted.
    const env = { CHECKPOINT_INTERVAL: '60s' };
    const first = await installation.startReady(env);
    await installation.produce(...tokens.map((token) => ({ token })));
    await until(async () => (await installation.stats.read(tokens)).every((record) => record !== null));
    assert.deepEqual(await first.kill(), { code: 0, signal: null });

    const ends = (await installation.client.offsets('swaps')).map(({ high }) => high);
    const pool = createPostgres({ url: installation.stack.databaseUrl, log: silentLogger() });
    t.after(() => pool.end());
    const stored = await createPostgresPartitionStore(pool).list(
      installation.stack.env['GROUP_ID']!,
      installation.client.topicName('swaps'),
    );
    assert.deepEqual(
      stored.map(({ nextOffset }) => nextOffset),
      ends,
    );

    await installation.redis.flushdb();
    const second = await installation.startReady(env);
    const lines = () => second.logs.filter((line) => line.includes('"partition restored"'));
    await until(() => lines().length === 2);
    const restored = lines()
      .map((line) => JSON.parse(line) as { partition: number; nextOffset: number; tokens: number })
      .toSorted((a, b) => a.partition - b.partition);
    assert.deepEqual(
      restored.map(({ nextOffset }) => nextOffset),
      ends,
    );
    assert.equal(
      restored.reduce((sum, one) => sum + one.tokens, 0),
      tokens.length,
    );
    await until(async () => {
      const records = await installation.stats.read(tokens);
      return records.every((record) => record?.windows['24h']?.trades === 1);
    });
  });
});
