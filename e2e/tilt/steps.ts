import assert from 'node:assert/strict';
import type { Project } from '../compose/project.ts';
import { eventually } from '../support/eventually.ts';
import type { Checkout } from './checkout.ts';
import { liveUpdate, servicesWith } from './live-update.ts';
import type { Recording } from './tiltfile.ts';

interface Measured {
  seconds: number;
  result: string;
}

export type Measure = (what: string, measure: () => Promise<Measured>) => Promise<void>;

const repeats = 3;
const answerTimeoutMs = 120_000;

/** A place whose change can be seen from outside, at a path of a port inside the container. */
interface Place {
  path: string;
  text: (mark: string) => string;
  seenAt: string;
}

const ofService: Place = {
  path: 'services/api/src/openapi.ts',
  text: (mark) => `title: 'Tidemark${mark}'`,
  seenAt: '8080/openapi.json',
};
const ofPackage: Place = {
  path: 'packages/runtime/src/service.ts',
  text: (mark) => `help: 'What the service does${mark}:`,
  seenAt: '9100/metrics',
};

/** Every step of the run, in order; one that fails ends it. */
export async function runSteps(
  project: Project,
  tiltfile: Recording,
  checkout: Checkout,
  measure: Measure,
): Promise<void> {
  await measure('up, to healthy', async () => {
    const startedMs = performance.now();
    await up(project, '--build');
    return { seconds: (performance.now() - startedMs) / 1_000, result: 'images built, with what the Tiltfile adds' };
  });
  let marks = 0;
  for (const place of [ofService, ofPackage]) {
    const services = servicesWith(tiltfile, place.path);
    let mark = '';
    const edit = async (): Promise<string> => {
      const before = place.text(mark);
      mark = `Mark${++marks}`;
      await checkout.edit(place.path, before, place.text(mark));
      return mark;
    };
    await measure(`live update: ${place.path}`, () =>
      median(async () => {
        const seen = await edit();
        await Promise.all(services.map((service) => liveUpdate(project, tiltfile, checkout, service, place.path)));
        await answering(project, services, place, seen);
        return services.join(', ');
      }),
    );
    await measure(`new image: ${place.path}`, () =>
      median(async () => {
        const seen = await edit();
        await project.compose('build', ...services);
        await project.compose('up', '--detach', '--no-deps', '--no-build', ...services);
        await answering(project, services, place, seen);
        return services.join(', ');
      }),
    );
  }
  await measure('live update: an error, and its correction', () => correction(project, tiltfile, checkout));
  await measure('a service that ends by itself', () => startedAgain(project));
  await measure('stop', () => drained(project));
}

/** A file that cannot be parsed ends the service but not the container, so that the next update mends it. */
async function correction(project: Project, tiltfile: Recording, checkout: Checkout): Promise<Measured> {
  const [container] = await project.containers('aggregator');
  const path = 'services/aggregator/src/config.ts';
  const right = 'export const schema';
  const update = () => liveUpdate(project, tiltfile, checkout, 'aggregator', path);
  await checkout.edit(path, right, 'export konst schema');
  await update();
  await eventually(
    'the error',
    async () => (await logs(project)).includes('ERR_INVALID_TYPESCRIPT_SYNTAX'),
    answerTimeoutMs,
  );
  const startedMs = performance.now();
  await checkout.edit(path, 'export konst schema', right);
  await update();
  await answering(project, ['aggregator'], { path, text: () => right, seenAt: '9100/healthz' }, 'serving');
  const seconds = (performance.now() - startedMs) / 1_000;
  assert.equal(await project.inspect(container!.name, '{{.RestartCount}} {{.State.Running}}'), '0 true');
  return { seconds, result: 'aggregator, in the same container' };
}

/** As after an error that can pass: it is there again, with the files that were brought in. */
async function startedAgain(project: Project): Promise<Measured> {
  const [container] = await project.containers('gateway');
  const startedMs = performance.now();
  await project.docker('exec', container!.name, 'sh', '-c', 'kill -9 "$(cat /tmp/service.pid)"');
  await answering(project, ['gateway'], ofPackage, 'Mark');
  const seconds = (performance.now() - startedMs) / 1_000;
  assert.equal(await project.inspect(container!.name, '{{.RestartCount}} {{.State.Running}}'), '0 true');
  return { seconds, result: 'gateway, in the same container' };
}

/** SIGTERM reaches the service behind the shell: it stores its checkpoint and says so, and its exit code is the container's. */
async function drained(project: Project): Promise<Measured> {
  const startedMs = performance.now();
  await project.compose('stop', 'aggregator');
  const seconds = (performance.now() - startedMs) / 1_000;
  const [container] = await project.containers('aggregator');
  assert.equal(await project.inspect(container!.name, '{{.State.ExitCode}}'), '0');
  const lines = (await logs(project)).trim().split('\n');
  assert.match(lines.findLast((line) => line.includes('"msg"')) ?? '', /"msg":"stopped"/);
  return { seconds, result: 'aggregator drained by SIGTERM, exit code 0' };
}

async function logs(project: Project): Promise<string> {
  return project.compose('logs', '--no-log-prefix', 'aggregator');
}

async function up(project: Project, ...args: string[]): Promise<void> {
  await project.compose('up', '--detach', '--wait', '--wait-timeout', '300', ...args);
}

/** Resolves once each service is ready and shows the mark; a process in each container looks, since ports differ. */
async function answering(project: Project, services: string[], { seenAt }: Place, mark: string): Promise<void> {
  const look = `
    const get = async (at) => { const answer = await fetch('http://127.0.0.1:' + at); return answer.ok ? answer.text() : ''; };
    for (;;) {
      try {
        if ((await get('${seenAt}')).includes('${mark}') && (await get('9100/readyz')) !== '') break;
      } catch {}
      await new Promise((resolve) => setTimeout(resolve, 20));
    }`;
  await Promise.all(
    services.map(async (service) => {
      const [container] = await project.containers(service);
      const limit = `--signal=KILL ${answerTimeoutMs / 1_000}`.split(' ');
      await project.docker('exec', container!.name, 'timeout', ...limit, 'node', '--input-type=module', '--eval', look);
    }),
  );
}

/** The middle of a few runs. */
async function median(once: () => Promise<string>): Promise<Measured> {
  const seconds: number[] = [];
  let result = '';
  for (let run = 0; run < repeats; run++) {
    const startedMs = performance.now();
    result = await once();
    seconds.push((performance.now() - startedMs) / 1_000);
  }
  return { seconds: seconds.toSorted((a, b) => a - b)[Math.floor(repeats / 2)]!, result };
}
