import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Installation } from './installation.ts';

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url));

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningCommand {
  pid: number;
  result: Promise<CommandResult>;
  isRunning(): boolean;
  kill(signal: NodeJS.Signals): void;
}

/** Starts `tidemark <args>` against the installation. */
export function startCommand(
  { env: installed }: Pick<Installation, 'env'>,
  args: string[],
  env: Record<string, string> = {},
): RunningCommand {
  const child = spawn(process.execPath, [main, ...args], {
    // A directory without stack.json, so that a stack that happens to run is not used.
    env: { ...process.env, TIDEMARK_DIR: '/nonexistent', ...installed, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const result = new Promise<CommandResult>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    pid: child.pid!,
    result,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    kill: (signal) => child.kill(signal),
  };
}

export function runCommand(...command: Parameters<typeof startCommand>): Promise<CommandResult> {
  return startCommand(...command).result;
}
