import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningCommand {
  result: Promise<CommandResult>;
  stdout(): string;
  kill(signal: NodeJS.Signals): void;
}

/** Starts `tidemark <args>` as a process. */
export function startCommand(args: string[], env: Record<string, string>): RunningCommand {
  // A directory without stack.json, so that a stack that happens to run is not used.
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, TIDEMARK_DIR: '/nonexistent', ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const result = new Promise<CommandResult>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { result, stdout: () => stdout, kill: (signal) => child.kill(signal) };
}

export function runCommand(args: string[], env: Record<string, string>): Promise<CommandResult> {
  return startCommand(args, env).result;
}
