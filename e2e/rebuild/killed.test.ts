import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateSwaps } from '@tidemark/testing';
import { deleteRecordsBefore } from '../support/admin.ts';
import { type CommandResult, type RunningCommand, runCommand, startCommand } from '../support/command.ts';
import { allCounted, assertFiguresEqualOracle } from '../support/figures.ts';
import { generationServes } from '../support/generations.ts';
import { install, type TestInstallation } from '../support/installation.ts';
import { produceSwaps } from '../support/log.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const env = { CLOCK: 'event', CHECKPOINT_INTERVAL: '100ms' };
const pollMs = 50;
/** More than there are. */
const shardCount = 1_024;

/** Does the work while a rebuild has counted the log and waits, before its bases, for rows that somebody else is about to store. */
async function whileHeld(
  installation: TestInstallation,
  work: (command: RunningCommand) => Promise<void>,
): Promise<CommandResult> {
  const { postgres } = installation;
  const holder = await postgres.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    await holder.query(`INSERT INTO bases SELECT group_id, topic, partition, generation + 1, shard, 0, 1, 0, ''
      FROM partitions, generate_series(0, ${shardCount - 1}) AS shard WHERE partition = 0`);
    const command = startCommand(installation, ['rebuild']);
    const waits = `SELECT 1 FROM rebuilds, pg_stat_activity WHERE worker LIKE $1 AND wait_event_type = 'Lock'
      AND query LIKE 'INSERT INTO bases%' AND datname = current_database()`;
    while (command.isRunning() && (await postgres.query(waits, [`%:${command.pid}`])).rowCount === 0)
      await sleep(pollMs);
    assert.ok(command.isRunning(), 'the rebuild was held');
    await work(command);
    await holder.query('ROLLBACK');
    return await command.result;
  } finally {
    holder.release(true);
  }
}

async function count({ postgres }: TestInstallation, from: string): Promise<number> {
  const { rows } = await postgres.query<{ count: string }>(`SELECT count(*) FROM ${from}`);
  return Number(rows[0]!.count);
}

test(`a rebuild that is killed or stopped changes nothing, and the next one removes what is left (seed ${seed})`, async (t) => {
  const installation = await install(t, { partitionCount: 2 });
  await installation.start('aggregator', env);
  const startMs = Date.now() - 7_200_000;
  await produceSwaps(
    installation,
    generateSwaps({ seed, count: 4_000, tokens: 40, stepMs: 500, startMs, shares: { future: 0 } }),
  );
  await allCounted(installation);
  const minutes = await count(installation, 'candles');

  await whileHeld(installation, async (command) => {
    const status = await runCommand(installation, ['status', '--json']);
    const { rebuilds } = JSON.parse(status.stdout) as { rebuilds: { partition: number; generation: number }[] };
    assert.deepEqual(
      rebuilds.map(({ partition, generation }) => [partition, generation]),
      [[0, 2]],
    );
    const second = await runCommand(installation, ['rebuild']);
    assert.equal(second.code, 75);
    assert.match(second.stderr, /REBUILD_RUNNING: .* is being rebuilt by \S+:\d+\n[^]*status/);
    command.kill('SIGKILL');
    await command.result;
  });
  assert.ok((await count(installation, 'candles')) > minutes, 'the killed rebuild left something');
  await assertFiguresEqualOracle(installation);

  const { code, stderr } = await whileHeld(installation, async (command) => command.kill('SIGINT'));
  assert.equal(code, 75);
  assert.match(stderr, /stopped: the partition that was being rebuilt is as it was/);
  assert.equal(await count(installation, 'rebuilds'), 0);
  assert.equal(await count(installation, 'candles'), minutes);
  assert.deepEqual(
    (await installation.stats.heartbeats(2)).map((beat) => beat!.version[0]),
    [1, 1],
  );

  assert.equal((await runCommand(installation, ['rebuild'])).code, 0);
  await generationServes(installation, 2);
  await assertFiguresEqualOracle(installation);
  assert.equal(await count(installation, 'candles'), minutes);
  assert.equal(await count(installation, 'candles WHERE generation = 1'), 0);
});

test(`records that retention deletes before a rebuild has read them end it, and the next one goes on without them (seed ${seed})`, async (t) => {
  const installation = await install(t, { partitionCount: 1 });
  const { client, postgres } = installation;
  await installation.start('aggregator', env);
  const startMs = Date.now() - 7_200_000;
  await produceSwaps(
    installation,
    generateSwaps({ seed, count: 2_000, tokens: 40, stepMs: 500, startMs, shares: { future: 0 } }),
  );
  await allCounted(installation);

  const holder = await postgres.connect();
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE rebuilds IN ACCESS EXCLUSIVE MODE');
  const planned = startCommand(installation, ['rebuild']);
  const waits = `SELECT 1 FROM pg_locks WHERE relation = 'rebuilds'::regclass AND NOT granted`;
  while ((await postgres.query(waits)).rowCount === 0) await sleep(pollMs);
  await deleteRecordsBefore(client, 0, 1_500);
  await holder.query('ROLLBACK');
  holder.release();
  const { code, stderr } = await planned.result;
  assert.equal(code, 78);
  assert.match(stderr, /RETENTION_PASSED: partition 0: read up to 0, but the log already begins at 1500/);
  assert.equal(await count(installation, 'rebuilds'), 0);

  assert.equal((await runCommand(installation, ['rebuild'])).code, 0);
  await generationServes(installation, 2);
  await assertFiguresEqualOracle(installation);
});
