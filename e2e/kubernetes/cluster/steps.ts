import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { assertFiguresEqualOracle } from '../../support/figures.ts';
import { type Reading, readFrom, sharedBy, versionsRose } from '../../support/reading.ts';
import { RedisReader } from '../../support/redis-reader.ts';
import { Subscriber } from '../../support/subscriber.ts';
import type { Step } from '../../support/table.ts';
import { Forward } from './forward.ts';
import type { Installation, SettingsByMap } from './installation.ts';

const services = ['producer', 'aggregator', 'recorder', 'api', 'gateway'];
const kindOf = (name: string) =>
  ['aggregator', 'recorder', 'api', 'gateway'].includes(name) ? 'deployment' : 'statefulset';
const readyTimeout = '--timeout=5m';
/** How long the market runs between two comparisons, so that there is something new to compare. */
const marketMs = 3_000;
const settings: SettingsByMap = {
  // Figures that stand still when swaps do can be compared.
  settings: { CLOCK: 'event' },
  aggregator: { SESSION_TIMEOUT: '6s' },
  producer: { RATE: '300' },
};

/** Every step of the run, in order; a step that fails ends it. */
export async function runSteps(installation: Installation, step: Step): Promise<void> {
  const { ports } = installation;
  await step('apply, to ready', async () => {
    await installation.apply(settings);
    return allReady(installation);
  });
  await step('apply again', () => appliedAgain(installation));
  await step('confined', () => confined(installation));
  const forwards = [
    new Forward(installation.kubectl, 'api', ports.api, 8080),
    new Forward(installation.kubectl, 'gateway', ports.gateway, 8081),
    new Forward(installation.kubectl, 'kafka', ports.kafka, 19092),
    new Forward(installation.kubectl, 'redis', ports.redis, 6379),
  ];
  try {
    await underLoad(installation, step);
  } finally {
    for (const forward of forwards) forward.close();
  }
}

/** What is done to the services while a market runs and two readers look on. */
async function underLoad(installation: Installation, step: Step): Promise<void> {
  const { ports } = installation;
  await step('REST', () => answersOverHttp(ports.api));
  const redisUrl = await redisUrlOf(installation);
  const reading = await opened(() => readFrom({ brokers: [`127.0.0.1:${ports.kafka}`], redisUrl }));
  const subscriber = await Subscriber.open(`ws://127.0.0.1:${ports.gateway}/v1/stream`);
  const redisReader = new RedisReader(reading, () => tokensOf(subscriber));
  try {
    for (const replicas of [4, 2]) {
      await step(`scale aggregator to ${replicas}`, async () => {
        await installation.kubectl.run('scale', 'deployment/aggregator', `--replicas=${replicas}`);
        await rolledOut(installation, 'aggregator');
        await sharedBy(reading, replicas);
        return exactFigures(installation, reading);
      });
    }
    for (const service of services) {
      await step(`rolling update of ${service}`, async () => {
        await rolled(installation, service);
        await sharedBy(reading, 2);
        return exactFigures(installation, reading);
      });
    }
    await step('another setting', async () => {
      const which = await replacedBy(installation, { ...settings, gateway: { MAX_SUBSCRIPTIONS: '999' } });
      assert.deepEqual(which, ['gateway']);
      return 'a changed setting of the gateway replaced the pod of the gateway alone';
    });
    await step('REST after all', () => answersOverHttp(ports.api));
    await sleep(marketMs);
    await step('versions at a subscriber', async () => versionsRose(subscriber));
    await step('versions in Redis', async () => redisVerdict(redisReader));
    await step('memory, at most', () => memoryPeaks(installation));
  } finally {
    await subscriber.close();
    await redisReader.close();
    await reading.close();
  }
}

/** Everything is ready, and the Jobs are done. */
async function allReady(installation: Installation): Promise<string> {
  // First, because a finished Job goes away by itself.
  await installation.kubectl.run('wait', '--for=condition=Complete', 'job/topics', 'job/migrations', readyTimeout);
  for (const name of ['kafka', 'postgres', 'redis', ...services]) await rolledOut(installation, name);
  const pods = await installation.pods();
  const restarts = pods.flatMap(({ status }) => status.containerStatuses ?? []).map(({ restartCount }) => restartCount);
  return `${pods.length} pods ready, ${sum(restarts)} restarts; topics and migrations done`;
}

async function appliedAgain(installation: Installation): Promise<string> {
  assert.deepEqual(await replacedBy(installation, settings), []);
  return 'nothing replaced';
}

/** The names of those whose pods are others once the overlay was applied with these settings. */
async function replacedBy(installation: Installation, changed: SettingsByMap): Promise<string[]> {
  const before = new Set((await installation.pods()).map(({ metadata }) => metadata.uid));
  await installation.apply(changed);
  for (const service of services) await rolledOut(installation, service);
  const others = (await installation.pods()).filter(({ metadata }) => !before.has(metadata.uid));
  return others.map(({ metadata }) => metadata.labels['app.kubernetes.io/name']!);
}

/** What an attacker inside a container would find. */
async function confined({ kubectl }: Installation): Promise<string> {
  for (const service of services) {
    const target = `${kindOf(service)}/${service}`;
    assert.match(await kubectl.run('exec', target, '--', 'id'), /^uid=10001 gid=10001/);
    await assert.rejects(kubectl.run('exec', target, '--', 'touch', '/app/x'), /Read-only file system/);
    await assert.rejects(kubectl.run('exec', target, '--', 'ls', '/var/run/secrets/kubernetes.io'), /No such file/);
  }
  const level = await kubectl.run('get', 'namespace', kubectl.namespace, '--output', 'jsonpath={.metadata.labels}');
  assert.match(level, /"pod-security.kubernetes.io\/enforce":"restricted"/);
  return `${services.length} services: user 10001, nothing writable, no token; the namespace enforces restricted`;
}

async function rolled(installation: Installation, service: string): Promise<void> {
  const before = (await installation.pods(service)).map(({ metadata }) => metadata.uid);
  await installation.kubectl.run('rollout', 'restart', `${kindOf(service)}/${service}`);
  await rolledOut(installation, service);
  const after = (await installation.pods(service)).map(({ metadata }) => metadata.uid);
  assert.equal(after.length, before.length);
  for (const uid of after) assert.ok(!before.includes(uid), 'every pod is another one');
}

async function rolledOut({ kubectl }: Installation, name: string): Promise<void> {
  await kubectl.run('rollout', 'status', `${kindOf(name)}/${name}`, readyTimeout);
}

/** Lets the market run, stops it, and holds every figure of every token against the oracle's reading of the log. */
async function exactFigures(installation: Installation, reading: Reading): Promise<string> {
  const { kubectl } = installation;
  await sleep(marketMs);
  await kubectl.run('scale', 'statefulset/producer', '--replicas=0');
  await kubectl.run('wait', '--for=delete', 'pod/producer-0', readyTimeout);
  const { tokens, counted } = await assertFiguresEqualOracle(reading);
  await kubectl.run('scale', 'statefulset/producer', '--replicas=1');
  await rolledOut(installation, 'producer');
  return `${counted} swaps, ${tokens} tokens exact`;
}

async function answersOverHttp(port: number): Promise<string> {
  const items = await opened(async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/tokens?window=5m&sort=volumeUsd&limit=3`);
    assert.equal(answer.status, 200);
    return ((await answer.json()) as { items: { token: string }[] }).items;
  });
  assert.equal(items.length, 3);
  return `the busiest of 3 is ${items[0]!.token}`;
}

function tokensOf({ versions }: Subscriber): string[] {
  return [...versions.keys()].filter((key) => !key.startsWith('#'));
}

function redisVerdict({ wentBack, missing, reads, versions }: RedisReader): string {
  assert.deepEqual({ wentBack, missing }, { wentBack: [], missing: [] });
  assert.ok(reads > 0 && versions.size > 0, 'it read');
  return `${reads} reads of ${versions.size} tokens and partitions, none went back or was missing`;
}

/** As this machine reaches it. */
async function redisUrlOf({ kubectl, ports }: Installation): Promise<string> {
  const url = new URL(await kubectl.run('exec', 'deployment/aggregator', '--', 'cat', '/run/tidemark/redis/url'));
  url.host = `127.0.0.1:${ports.redis}`;
  return url.href;
}

/** The most memory that the process of each service has held, since its pod began; of replicas the greatest. */
async function memoryPeaks(installation: Installation): Promise<string> {
  const peaks: string[] = [];
  for (const service of services) {
    const held: number[] = [];
    for (const { metadata } of await installation.pods(service)) {
      const status = await installation.kubectl.run('exec', metadata.name, '--', 'cat', '/proc/1/status');
      held.push(Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024);
    }
    peaks.push(`${service} ${Math.round(Math.max(...held))} MiB`);
  }
  return peaks.join(', ');
}

/** The first success of what a forwarded port, which may not be there yet, leads to. */
async function opened<T>(open: () => Promise<T>): Promise<T> {
  let result: { value: T } | undefined;
  await eventually('a forwarded port', async () => {
    result = { value: await open() };
    return true;
  });
  return result!.value;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
