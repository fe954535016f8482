import { type ChildProcess, spawn } from 'node:child_process';
import { onStopRequest } from '@tidemark/runtime';
import { startTemporaryStack } from '@tidemark/stack';
import { runChecks } from '../check/checks.ts';
import { describeError, print, printError } from '../output.ts';
import { repository } from '../repository.ts';
import { testHelp, testRunOptions } from './options.ts';

/** No test may hang for ever. */
const testTimeoutMs = 600_000;
/** Files side by side; the servers and the services of the tests share two cores with them. */
const concurrentFiles = 2;

let runner: ChildProcess | undefined;
let stopped = false;
onStopRequest(
  () => {
    stopped = true;
    runner?.kill('SIGTERM');
  },
  () => runner?.kill('SIGKILL'),
);

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  printError(describeError(error));
  process.exitCode = 1;
}

/** Resolves to the exit code: that of the runner once it has run. */
async function run(args: string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    print(testHelp);
    return 0;
  }
  const { files, runsChecks, runnerArgs } = testRunOptions(args);
  if (runsChecks && !(await runChecks(print))) return 1;
  const { stack, dispose } = await startTemporaryStack({
    prefix: 'tidemark-test-',
    onProgress: (message) => print(`servers: ${message}`),
  });
  try {
    if (stopped) return 1;
    return await runTests(files, runnerArgs, {
      TEST_KAFKA_BROKERS: stack.kafka.join(','),
      TEST_POSTGRES_URL: stack.postgres,
      TEST_REDIS_URL: stack.redis,
    });
  } finally {
    await dispose();
  }
}

function runTests(files: string[], runnerArgs: string[], env: Record<string, string>): Promise<number> {
  const child = spawn(
    process.execPath,
    [
      '--test',
      `--test-concurrency=${concurrentFiles}`,
      `--test-timeout=${testTimeoutMs}`,
      '--test-reporter=spec',
      ...runnerArgs,
      ...files,
    ],
    { cwd: repository, stdio: 'inherit', env: { ...process.env, ...env } },
  );
  runner = child;
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
