import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { assertFiguresEqualOracle } from '../support/figures.ts';
import { type Reading, readFrom, sharedBy, versionsRose } from '../support/reading.ts';
import { Subscriber } from '../support/subscriber.ts';
import type { Step } from '../support/table.ts';
import { answersOverHttp, answersOverWebSocket } from './clients.ts';
import type { Container, Project } from './project.ts';

const services = ['producer', 'aggregator', 'recorder', 'api', 'gateway'];
const servers = ['redis', 'postgres', 'kafka'];
const replicas = 3;
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
  const reading = await readFrom({
    brokers: [`127.0.0.1:${project.ports.kafka}`],
    redisUrl: await redisUrl(project),
  });
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

/** As this machine reaches it. */
async function redisUrl(project: Project): Promise<string> {
  const url = new URL(await project.compose('exec', '--no-TTY', 'redis', 'cat', '/run/tidemark/redis-url'));
  url.host = `127.0.0.1:${project.ports.redis}`;
  return url.href;
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

/** All services end by themselves, with 0, within their grace. */
async function stopped(project: Project): Promise<string> {
  await project.compose('stop');
  const containers = await project.containers(...services);
  for (const { name } of containers) assert.equal(await project.inspect(name, '{{.State.ExitCode}}'), '0', name);
  // Volumes that the images declare and nobody named would outlive their containers.
  await project.compose('rm', '--force', '--volumes');
  await project.compose('down');
  return `${containers.length} services ended with 0; volumes kept`;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
