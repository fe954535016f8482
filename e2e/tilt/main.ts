import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exitCodes } from '@tidemark/runtime';
import { missingEngine, Project } from '../compose/project.ts';
import { freePorts } from '../support/free-ports.ts';
import { pythonWith } from '../support/python.ts';
import { RunTable } from '../support/table.ts';
import { Checkout } from './checkout.ts';
import { runSteps } from './steps.ts';
import { interpret, interpreterPackages, type Recording } from './tiltfile.ts';

const help = `npm run test:tilt

Starts docker-compose.yml as the Tiltfile has it, under a project name and on ports of its own, and does by hand what Tilt does when a
file changes: tar into the containers, then the command of the rule. Prints how long each change takes to answer, and how long with
a new image instead. The rules are read from the Tiltfile by a Starlark interpreter; Tilt itself has no part in it.`;

const print = (line: string) => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
if (values.help) {
  print(help);
} else {
  const python = await pythonWith(...interpreterPackages);
  const missing = 'missing' in python ? python.missing : await missingEngine();
  if ('missing' in python || missing !== undefined) {
    print(`NOT RUN: this needs python3 with pip, and a Docker engine with \`docker compose\`: ${missing}`);
    process.exitCode = exitCodes.configuration;
  } else {
    process.exitCode = await run(await interpret(python.python, '--tools=false'));
  }
}

async function run(tiltfile: Recording): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), 'tidemark-tilt-'));
  const override = join(home, 'override.json');
  // A tag of its own, so that no image of another run is meant.
  const tag = `tilt-test-${process.pid}`;
  const settings = { TIDEMARK_VERSION: tag };
  const ports = await freePorts('api', 'gateway', 'kafka', 'redis');
  const project = new Project(`tidemark-tilt-${process.pid}`, ports, settings, [override]);
  const table = new RunTable(print);
  try {
    const checkout = await Checkout.copyTo(join(home, 'checkout'));
    await writeFile(override, JSON.stringify(overrideOf(tiltfile, checkout.folder)));
    await runSteps(project, tiltfile, checkout, async (what, measure) => {
      print(`${what} ...`);
      const { seconds, result } = await measure();
      table.add({ what, seconds, result, passed: true });
    });
  } catch (error) {
    table.add({ what: 'the run', seconds: 0, result: (error as Error).message.split('\n', 1)[0]!, passed: false });
    print(`\n${(error as Error).stack}\n\n${await project.compose('logs', '--tail', '15').catch(String)}`);
  } finally {
    await cleanUp(project, tag).catch((error: unknown) => print(String(error)));
    await rm(home, { recursive: true });
  }
  print(`\n${String(table)}`);
  return table.passed ? exitCodes.clean : 1;
}

/** Removes what the run made, and no image that was there before it. */
async function cleanUp(project: Project, tag: string): Promise<void> {
  await project.compose('down', '--volumes', '--timeout', '10');
  const made = await project.docker(
    'images',
    '--format',
    '{{.Repository}}:{{.Tag}}',
    '--filter',
    `reference=tidemark-*:${tag}`,
  );
  if (made !== '') await project.docker('image', 'rm', ...made.split('\n'));
}

/** What the Tiltfile puts on top of docker-compose.yml, and how it builds. */
function overrideOf(tiltfile: Recording, context: string): unknown {
  const { services } = tiltfile.of('docker_compose')[0]!.files[1];
  const built = Object.entries(services).map(([name, live]) => {
    const { build_args } = tiltfile.image(`tidemark-${name}`);
    return [name, { ...live, build: { context, args: build_args } }];
  });
  return { services: Object.fromEntries(built) };
}
