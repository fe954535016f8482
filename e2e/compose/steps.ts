import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertFiguresEqualOracle } from '../support/figures.ts';
import { Subscriber } from '../support/subscriber.ts';
import { answersOverHttp, answersOverWebSocket } from './clients.ts';
import type { Container, Project } from './project.ts';
import { type Reading, readFrom } from './reading.ts';

export type Step = (what: string, action: () => Promise<string>) => Promise<void>;

const services = ['producer', 'aggregator', 'api', 'gateway'];
const servers = ['redis', 'postgres', 'kafka'];
const replicas = 3;
const pollMs = 250;
const startTimeoutMs = 180_000;
/** How long a killed container stays away, so that the others notice. */
const awayMs = 3_000;
/** How long the market runs between two comparisons, so that there is something new to compare. */
const marketMs = 3_000;

/** Every step of the run, in order; a step that fails ends it. */
export async function runSteps(project: Project, step: Step): Promise<void> {
  await step('images', () => build(project));
  await step('up, to healthy', async () => {
    await up(project);
    return `${(await project.containers()).length} containers, none with a setting from .env`;
  });
  await step('confined', () => confined(project));
  await step('REST of the README', () => answersOverHttp(project.ports));
  await step('WebSocket of the README', () => answersOverWebSocket(project.ports));

  const subscriber = await Subscriber.open(`ws://127.0.0.1:${project.ports.gateway}/v1/stream`);
  const reading = await readFrom(project);
  try {
    await step(`scale aggregator to ${replicas}`, async () => {
      await up(project, '--scale', `aggregator=${replicas}`);
      await sharedBy(reading, replicas);
      return exactFigures(project, reading);
    });
    for (const service of [...services, ...servers]) {
      await step(`docker kill ${service}`, async () => {
        await killAndStart(project, reading, service);
        return exactFigures(project, reading);
      });
    }
    await step('versions at a subscriber', async () => {
      await sleep(marketMs);
      return versionsRose(subscriber);
    });
    await subscriber.close();
    const before = await reading.ends();
    await step('stop', () => stopped(project));
    await step('second up', async () => {
      await up(project, '--scale', `aggregator=${replicas}`);
      await answering(reading, before);
      return `goes on after ${sum(before)} records; ${await exactFigures(project, reading)}`;
    });
  } finally {
    await subscriber.close();
    await reading.close();
  }
}

async function build(project: Project): Promise<string> {
  await project.compose('build');
  const sizes: string[] = [];
  for (const service of [...services, 'cli']) {
    const bytes = Number(await project.inspect(`tidemark-${service}:dev`, '{{.Size}}'));
    sizes.push(`${service} ${Math.round(bytes / 1e6)} MB`);
  }
  return sizes.join(', ');
}

async function up(project: Project, ...args: string[]): Promise<void> {
  await project.compose('up', '--detach', '--wait', '--wait-timeout', String(startTimeoutMs / 1_000), ...args);
}

/** What an attacker inside a container would find. */
async function confined(project: Project): Promise<string> {
  const containers = await project.containers(...services);
  for (const { name } of containers) {
    const facts = await project.inspect(
      name,
      '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.Path}}',
    );
    assert.equal(facts, '1000:1000 true [ALL] node', name);
    await assert.rejects(project.docker('exec', name, 'touch', '/tmp/x'), /Read-only file system/);
  }
  return `${containers.length} containers: user 1000, nothing writable, no capabilities, node as PID 1`;
}

/** Resolves once so many aggregators own partitions, and no partition is another's. */
async function sharedBy(reading: Reading, count: number): Promise<void> {
  await eventually(`${count} aggregators to own partitions`, async () => {
    const heartbeats = await reading.stats.heartbeats(reading.partitionCount);
    const newest = heartbeats.filter((heartbeat) => heartbeat && Date.now() - heartbeat.reportedAt < 3_000);
    return newest.length === reading.partitionCount && new Set(newest.map((one) => one!.status.owner)).size === count;
  });
}

async function killAndStart(project: Project, reading: Reading, service: string): Promise<void> {
  const [container] = (await project.containers(service)) as [Container];
  const before = await reading.ends();
  await project.docker('kill', container.name);
  await sleep(awayMs);
  await project.docker('start', container.name);
  await eventually(`${container.name} to be healthy again`, async () => {
    return (await project.inspect(container.name, '{{.State.Health.Status}}')) === 'healthy';
  });
  await answering(reading, before);
}

/** Resolves once the servers answer again; what was acknowledged before is still in the log. */
async function answering(reading: Reading, before: number[]): Promise<void> {
  await eventually('the servers to answer', async () => {
    const after = await reading.ends();
    for (const [partition, end] of before.entries())
      assert.ok(after[partition]! >= end, `partition ${partition} ended at ${end} and ends at ${after[partition]}`);
    await reading.stats.heartbeats(reading.partitionCount);
    return true;
  });
}

/** Lets the market run, stops it, and holds every figure of every token against the oracle's reading of the log. */
async function exactFigures(project: Project, reading: Reading): Promise<string> {
  await sleep(marketMs);
  await project.compose('stop', 'producer');
  const { tokens, counted } = await assertFiguresEqualOracle(reading);
  await project.compose('start', 'producer');
  return `${counted} swaps, ${tokens} tokens exact`;
}

function versionsRose({ wentBack, updates, versions, connections }: Subscriber): string {
  assert.deepEqual(wentBack, []);
  assert.ok(updates > versions.size, 'it was served');
  return `${updates} updates of ${versions.size} tokens and partitions over ${connections} connections, none went back`;
}

/** All services end by themselves, with 0, within their grace. */
async function stopped(project: Project): Promise<string> {
  await project.compose('stop');
  const containers = await project.containers(...services);
  for (const { name } of containers) assert.equal(await project.inspect(name, '{{.State.ExitCode}}'), '0', name);
  await project.compose('down');
  return `${containers.length} services ended with 0; volumes kept`;
}

async function eventually(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  let last: unknown;
  for (;;) {
    try {
      if (await condition()) return;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`waited ${startTimeoutMs} ms for ${what}`, { cause: last });
    await sleep(pollMs);
  }
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
