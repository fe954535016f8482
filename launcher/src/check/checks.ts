import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repository } from '../repository.ts';

interface Check {
  name: string;
  command: string;
  args: string[];
}

const sources = ['packages', 'services', 'cli', 'launcher', 'e2e', 'bench'];

/** What must hold before any test is worth running. */
const checks: Check[] = [
  { name: 'types', command: 'tsc', args: ['-p', '.'] },
  { name: 'lint', command: 'oxlint', args: ['--type-aware', '--deny-warnings', ...sources] },
  { name: 'format', command: 'biome', args: ['check'] },
  { name: 'unused', command: 'knip', args: ['--no-progress', '--no-config-hints'] },
  { name: 'layers', command: 'depcruise', args: ['--output-type', 'err', ...sources] },
];

/** Runs all checks side by side; prints a line each, and what the failed ones said. Resolves to whether all passed. */
export async function runChecks(print: (line: string) => void): Promise<boolean> {
  const results = await Promise.all(
    checks.map(async (check) => {
      const startedMs = performance.now();
      const { passed, output } = await run(check);
      const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
      print(`${passed ? 'passed' : 'FAILED'}  ${check.name.padEnd(8)} ${seconds} s  (${check.command})`);
      return { ...check, passed, output };
    }),
  );
  const failed = results.filter(({ passed }) => !passed);
  for (const { name, command, args, output } of failed) {
    print(`\n--- ${name}: ${command} ${args.join(' ')}\n${output.trim()}`);
  }
  print(failed.length === 0 ? 'all checks passed' : `\nfailed: ${failed.map(({ name }) => name).join(', ')}`);
  return failed.length === 0;
}

async function run({ command, args }: Check): Promise<{ passed: boolean; output: string }> {
  const child = spawn(join(repository, 'node_modules', '.bin', command), args, {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(process.stdout.isTTY && { FORCE_COLOR: '1' }) },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ passed: false, output: error.message }));
    child.on('close', (code) => resolve({ passed: code === 0, output }));
  });
}
