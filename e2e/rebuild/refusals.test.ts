import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultRules, partitionOf, type Rules } from '@tidemark/domain';
import { generateSwaps, type ServiceProcess } from '@tidemark/testing';
import { compareVersions } from '@tidemark/wire';
import { sendDamaged } from '../../packages/kafka/test/unreadable.ts';
import { asAdmin, deleteRecordsBefore } from '../support/admin.ts';
import { runCommand } from '../support/command.ts';
import { allCounted, assertFiguresEqualOracle } from '../support/figures.ts';
import { generationServes } from '../support/generations.ts';
import { install, type TestInstallation } from '../support/installation.ts';
import { produceSwaps, readTopic } from '../support/log.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const env = { CLOCK: 'event', CHECKPOINT_INTERVAL: '100ms' };
const stepMs = 500;
const swapsInPart = 2_000;
const pollMs = 100;

/** One installation that is broken again and again, and counted by one aggregator as far as that lives. */
class Patient {
  readonly installation: TestInstallation;
  aggregator!: ServiceProcess;
  #parts = 0;
  #generation = 1;

  constructor(installation: TestInstallation) {
    this.installation = installation;
  }

  static async create(t: TestContext, partitionCount = 2): Promise<Patient> {
    const patient = new Patient(await install(t, { partitionCount }));
    await patient.start();
    await patient.produce();
    await allCounted(patient.installation);
    return patient;
  }

  async start(more: Record<string, string> = {}): Promise<void> {
    this.aggregator = await this.installation.start('aggregator', { ...env, ...more });
  }

  /** Goes on where the last part ended, in event time too; the tokens are those of the name. */
  async produce(count = swapsInPart): Promise<void> {
    const part = this.#parts++;
    const startMs = Date.now() - 7_200_000 + part * swapsInPart * stepMs;
    await produceSwaps(
      this.installation,
      generateSwaps({
        seed: seed + part,
        count,
        tokens: 40,
        stepMs,
        startMs,
        idPrefix: `p${part}-`,
        shares: { future: 0 },
      }),
    );
  }

  /** Resolves when partition 0 stands still with the code. */
  async stands(code: string): Promise<void> {
    const wanted = `partition 0, which stands still: ${code}`;
    for (;;) {
      const answer = await fetch(`${this.aggregator.admin}/readyz`);
      if (((await answer.json()) as { waitingFor: string[] }).waitingFor.includes(wanted)) return;
      await sleep(pollMs);
    }
  }

  /** Somebody else takes partition 0 over: the aggregator has to restore it. */
  async fence(): Promise<void> {
    await this.sql('UPDATE partitions SET owner = gen_random_uuid() WHERE partition = 0');
    await this.produce(20);
  }

  async sql(statement: string): Promise<void> {
    const { rowCount } = await this.installation.postgres.query(statement);
    assert.ok(rowCount, statement);
  }

  async rebuild(more: Record<string, string> = {}): Promise<void> {
    const { code, stderr } = await runCommand(this.installation, ['rebuild'], more);
    assert.equal(code, 0, stderr);
    this.#generation++;
  }

  /** The aggregator has taken the rebuilt state up by itself, goes on, and is right. */
  async isWell(rules: Rules = defaultRules): Promise<void> {
    await generationServes(this.installation, this.#generation);
    await assertFiguresEqualOracle(this.installation, rules);
    await this.produce(200);
    await assertFiguresEqualOracle(this.installation, rules);
  }
}

test(`corrupt state is refused, and after a rebuild exact without a restart (seed ${seed})`, async (t) => {
  const patient = await Patient.create(t);
  for (const [what, damage] of [
    ['a delta', `UPDATE deltas SET bytes = 'other' WHERE partition = 0`],
    ['a base', `UPDATE bases SET bytes = 'other' WHERE partition = 0`],
    ['the head', `UPDATE partitions SET head = jsonb_set(head, '{counters,counted}', '7') WHERE partition = 0`],
    [
      'the chain',
      'DELETE FROM deltas WHERE partition = 0 AND from_offset = (SELECT max(from_offset) FROM deltas WHERE partition = 0)',
    ],
  ] as const) {
    await t.test(what, async () => {
      await patient.sql(damage);
      await patient.fence();
      await patient.stands('CHECKPOINT_CORRUPT');
      await patient.rebuild();
      await patient.isWell();
    });
  }
});

async function replaceTopic(patient: Patient, count: number): Promise<void> {
  const { client, partitionCount } = patient.installation;
  const retentionBytes = Number(patient.installation.env['TOPIC_RETENTION_BYTES']);
  await asAdmin(patient.installation.client, (admin) => admin.deleteTopics({ topics: [client.topicName('swaps')] }));
  // Brokers delete in their own time.
  while (!(await client.ensureTopics({ partitions: partitionCount, retentionBytes }).catch(() => undefined)))
    await sleep(pollMs);
  await patient.produce(count);
}

for (const [title, count, code] of [
  ['a shorter one behind a running owner', 100, 'LOG_TRUNCATED'],
  ['a longer one behind an owner that is frozen', 3 * swapsInPart, 'LOG_REPLACED'],
  ['a longer one while nobody runs', 3 * swapsInPart, 'LOG_REPLACED'],
] as const) {
  test(`a log that is replaced by ${title}: ${code}; rebuilt, the values of the old one are gone (seed ${seed})`, async (t) => {
    const patient = await Patient.create(t);
    const { stats } = patient.installation;
    const token = 'only-in-the-old-log';
    const once = generateSwaps({ seed, count: 1, startMs: Date.now() - 3_600_000, idPrefix: 'gone-' });
    await produceSwaps(
      patient.installation,
      Array.from(once, (one) => ({ ...one, swap: { ...one.swap, token } })),
    );
    await allCounted(patient.installation);
    assert.notEqual((await stats.read([token]))[0], null);
    if (title.endsWith('nobody runs')) await patient.aggregator.kill();
    if (title.endsWith('frozen')) process.kill(patient.aggregator.pid, 'SIGSTOP');
    await replaceTopic(patient, count);
    if (title.endsWith('frozen')) process.kill(patient.aggregator.pid, 'SIGCONT');
    if (title.endsWith('nobody runs')) patient.aggregator = await patient.installation.spawn('aggregator', env);
    await patient.stands(code);
    await patient.rebuild();
    await patient.isWell();
    assert.equal((await stats.read([token]))[0], null);
  });
}

test(`RETENTION_PASSED behind a running owner; rebuilt, it counts from the earliest retained record (seed ${seed})`, async (t) => {
  const patient = await Patient.create(t);
  const { client } = patient.installation;
  process.kill(patient.aggregator.pid, 'SIGSTOP');
  // A fetch under way is answered with the first of these, which the aggregator then reads from its socket.
  await patient.produce();
  await patient.produce();
  const { high } = (await client.offsets('swaps'))[0]!;
  await deleteRecordsBefore(client, 0, high - 100);
  process.kill(patient.aggregator.pid, 'SIGCONT');
  await patient.stands('RETENTION_PASSED');
  const { stdout } = await runCommand(patient.installation, ['rebuild', '--dry-run']);
  assert.match(stdout, /partition 0: the log begins at .*; windows that are incomplete: 5m until .*, 24h until /);
  await patient.rebuild();
  await patient.isWell();
});

test(`a batch that cannot be decoded is judged again as it was: one record, dead (seed ${seed})`, async (t) => {
  const patient = await Patient.create(t);
  const { client } = patient.installation;
  await sendDamaged(client, 'swaps', ['a', 'b', 'c']);
  await patient.produce();
  await allCounted(patient.installation);
  assert.equal(await unreadableLetters(patient), 1);
  await patient.rebuild();
  await patient.isWell();
  assert.equal(await unreadableLetters(patient), 2);
});

async function unreadableLetters({ installation }: Patient): Promise<number> {
  const letters = (await readTopic(installation, 'swaps.dead')).flat();
  return letters.filter(({ headers }) => String(headers['tidemark-code']) === 'BATCH_UNREADABLE').length;
}

test(`CODEC_UNKNOWN ends the process with 78; rebuilt, it starts again (seed ${seed})`, async (t) => {
  const patient = await Patient.create(t);
  await patient.sql('UPDATE deltas SET codec = 99 WHERE partition = 0');
  await patient.fence();
  assert.deepEqual(await patient.aggregator.exited, { code: 78, signal: null });
  assert.match(patient.aggregator.logs.join('\n'), /CODEC_UNKNOWN.*codec 99/);
  await patient.rebuild();
  await patient.start();
  await patient.isWell();
});

test(`other rules: the old aggregator serves until the switch, then ends with RULES_CHANGED; one with the new rules goes on (seed ${seed})`, async (t) => {
  const patient = await Patient.create(t);
  const changed = { LATENESS: '10m', PRICE_MIN_USD: '5' };
  await patient.rebuild(changed);
  assert.deepEqual(await patient.aggregator.exited, { code: 78, signal: null });
  assert.match(patient.aggregator.logs.join('\n'), /RULES_CHANGED.*LATENESS, WINDOWS, PRICE_MIN_USD/);
  await patient.start(changed);
  await patient.isWell({ ...defaultRules, latenessMs: 600_000, priceMinUsd: '5' });
});

async function candles({ postgres }: TestInstallation): Promise<Map<string, unknown>> {
  const { rows } = await postgres.query<{ token: string; minute_ms: string }>(
    `SELECT token, minute_ms, generation, open, high, low, close, volume_usd, volume, trades FROM candles`,
  );
  const byMinute = new Map(rows.map((row) => [`${row.token} ${row.minute_ms}`, row]));
  assert.equal(byMinute.size, rows.length, 'a minute of a token has one candle');
  return byMinute;
}

test(`PARTITION_COUNT_CHANGED: rebuilt over the new number of partitions, no token goes back in versions or loses candles (seed ${seed})`, async (t) => {
  const patient = await Patient.create(t);
  await patient.aggregator.kill();
  const tokens = Array.from({ length: 40 }, (_, number) => `t${number}`);
  const before = await patient.installation.stats.read(tokens);
  const candlesBefore = await candles(patient.installation);
  const { client, stack } = patient.installation;
  await asAdmin(patient.installation.client, (admin) =>
    admin.createPartitions({
      topicPartitions: (['swaps', 'swaps.dead', 'stats'] as const).map((name) => ({
        topic: client.topicName(name),
        count: 3,
      })),
    }),
  );
  Object.assign(patient.installation, {
    partitionCount: 3,
    env: { ...patient.installation.env, ...stack.env, PARTITIONS: '3' },
  });
  await patient.rebuild();
  await patient.start({ PARTITIONS: '3' });
  await patient.isWell();
  const after = await patient.installation.stats.read(tokens);
  for (const [index, record] of before.entries()) {
    const found = after[index];
    // Withdrawn: it moved, and nothing of it came since.
    if (!found) assert.ok(!record || partitionOf(record.token, 2) !== partitionOf(record.token, 3), record?.token);
    else if (record) assert.ok(compareVersions(found.version, record.version) > 0, record.token);
  }
  const candlesAfter = await candles(patient.installation);
  for (const [minute, candle] of candlesBefore) assert.deepEqual(candlesAfter.get(minute), candle, minute);
  assert.ok(candlesAfter.size > candlesBefore.size);
});
