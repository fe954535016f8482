import { parseArgs } from 'node:util';
import { exitCodes } from '@tidemark/runtime';
import { freePorts, missingEngine, Project } from './project.ts';
import { runSteps } from './steps.ts';
import { formatTable, type Row } from './table.ts';

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
  // Figures that stand still when swaps do can be compared; the session is the shortest, so that a killed member is missed soon.
  const settings = { CLOCK: 'event', SESSION_TIMEOUT: '6s', RATE: '200' };
  const overrides = ['e2e/compose/redis-port.yml'];
  const project = new Project(`tidemark-test-${process.pid}`, await freePorts(), settings, overrides);
  const rows: Row[] = [];
  const step = async (what: string, action: () => Promise<string>) => {
    print(`${what} ...`);
    const startedMs = performance.now();
    const add = (passed: boolean, result: string) =>
      rows.push({ what, result, passed, seconds: (performance.now() - startedMs) / 1_000 });
    try {
      add(true, await action());
    } catch (error) {
      add(false, (error as Error).message.split('\n', 1)[0]!);
      throw error;
    }
  };
  try {
    await runSteps(project, step);
  } catch (error) {
    print(`\n${(error as Error).stack ?? String(error)}\n\n${await lastLines(project)}`);
  } finally {
    if (!keep) await project.compose('down', '--volumes', '--timeout', '10');
  }
  print(`\n${formatTable(rows)}`);
  return rows.every(({ passed }) => passed) ? 0 : 1;
}

async function lastLines(project: Project): Promise<string> {
  return project.compose('logs', '--tail', '15').catch((error: unknown) => String(error));
}
