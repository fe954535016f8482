import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from '@tidemark/stack';

const run = promisify(execFile);
const maxOutputBytes = 16 * 1_048_576;

/** A program that is not on this machine, so that what needs it cannot be said. */
export class ToolMissing extends Error {}

export interface ToolOptions {
  stdin?: string;
  cwd?: string;
  env?: Record<string, string>;
}

/**
 * Runs a program; resolves to its standard output.
 * @throws ToolMissing where there is none; an Error with what it said otherwise
 */
export async function tool(
  command: string,
  args: string[],
  { stdin = '', cwd, env }: ToolOptions = {},
): Promise<string> {
  const running = run(command, args, {
    maxBuffer: maxOutputBytes,
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
  });
  // One that is not there, or ends early, takes no input; its exit says so.
  running.child.stdin?.on('error', () => undefined).end(stdin);
  try {
    return (await running).stdout;
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as NodeJS.ErrnoException & { stdout?: string; stderr?: string };
    if (code === 'ENOENT') throw new ToolMissing(`there is no ${command}`, { cause: error });
    throw new Error(`${stdout}${stderr}`.trim() || String(error), { cause: error });
  }
}

/** A folder of the cache that is filled once; when filling breaks off it is filled again. */
export async function prepared(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheDir(), 'kubernetes', name);
  const complete = join(folder, '.complete');
  if (existsSync(complete)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await fill(folder);
  writeFileSync(complete, '');
  return folder;
}
