import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installWorkspace } from './install.mjs';
import { missingPrerequisites, platformProblems } from './prerequisites.mjs';
import { runEntry } from './run.mjs';
import { say } from './say.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The commands of the root package's scripts, and where each begins. */
const entries = {
  start: 'launcher/src/start/main.ts',
  test: 'launcher/src/test-run/main.ts',
  check: 'launcher/src/check/main.ts',
  compose: 'e2e/compose/main.ts',
  tilt: 'e2e/tilt/main.ts',
  k8s: 'e2e/kubernetes/main.ts',
  settings: 'e2e/settings/main.ts',
  http: 'launcher/src/clients/http.ts',
  ws: 'launcher/src/clients/ws.ts',
  tidemark: 'cli/src/main.ts',
  bench: 'bench/src/main.ts',
  faults: 'e2e/faults/main.ts',
};

/** Sees to it that the command can run here, and runs it. */
export async function main([command, ...args]) {
  const entry = entries[command];
  if (entry === undefined) {
    say(`OPTION_INVALID: unknown command ${command}; known are ${Object.keys(entries).join(', ')}`);
    process.exitCode = 78;
    return;
  }
  const problems = [...platformProblems(), ...missingFor(command, args)];
  if (problems.length > 0) {
    for (const line of problems) say(line);
    process.exitCode = 78;
    return;
  }
  const node = installWorkspace(root);
  if (node === undefined) {
    process.exitCode = 75;
    return;
  }
  await runEntry(node, join(root, entry), args);
}

function missingFor(command, args) {
  if (args.includes('--help') || args.includes('-h')) return [];
  const needsServers =
    command === 'test' ||
    (command === 'bench' && args[0] !== 'report') ||
    (command === 'faults' && !args.includes('--list'));
  if (needsServers) return missingPrerequisites({ kafka: true, redis: true });
  if (command !== 'start') return [];
  return missingPrerequisites({ kafka: !process.env.KAFKA_BROKERS, redis: !process.env.REDIS_URL });
}
