import { parseArgs } from 'node:util';
import { exitCodes } from '@tidemark/runtime';
import { freePorts } from '../support/free-ports.ts';
import { RunTable } from '../support/table.ts';
import { missingEngine, Project } from './project.ts';
import { runSteps } from './steps.ts';

const help = `npm run test:compose -- [--keep]

Builds the images and runs docker-compose.yml under a project name and on ports of its own: start, REST and WebSocket, three
aggregators, a kill of each service in turn, a second start. Figures are compared with an oracle that reads the log.

  --keep   leave the containers and volumes there`;

const print = (line: string) => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, keep: { type: 'boolean' } } });
if (values.help) {
  print(help);
} else {
  const missing = await missingEngine();
  if (missing === undefined) {
    process.exitCode = await run(values.keep ?? false);
  } else {
    print(`NOT RUN: this needs a Docker engine with \`docker compose\`: ${missing}`);
    process.exitCode = exitCodes.configuration;
  }
}

async function run(keep: boolean): Promise<number> {
  const ports = await freePorts('api', 'gateway', 'kafka', 'redis');
  // Figures that stand still when swaps do can be compared; the session is the shortest, so that a killed member is missed soon.
  const settings = { CLOCK: 'event', SESSION_TIMEOUT: '6s', RATE: '200' };
  const project = new Project(`tidemark-test-${process.pid}`, ports, settings, ['e2e/compose/redis-port.yml']);
  const table = new RunTable(print);
  try {
    await runSteps(project, table.step);
  } catch (error) {
    print(`\n${(error as Error).stack ?? String(error)}\n\n${await lastLines(project)}`);
  } finally {
    if (!keep) await project.compose('down', '--volumes', '--timeout', '10');
  }
  print(`\n${String(table)}`);
  return table.passed ? 0 : 1;
}

async function lastLines(project: Project): Promise<string> {
  return project.compose('logs', '--tail', '15').catch((error: unknown) => String(error));
}
