import { execFile } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { kafkaVersion } from '@tidemark/stack';

const run = promisify(execFile);

/** What a run was made on, and of what. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryBytes: number;
  platform: string;
  node: string;
  kafka: string;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    kafka: kafkaVersion(),
  };
}

/** The commit that is run, followed by `+` when files differ from it; null outside of a clone. */
export async function currentCommit(): Promise<string | null> {
  try {
    const commit = await git('rev-parse', '--short=12', 'HEAD');
    const changes = await git('status', '--porcelain', '--untracked-files=no');
    return `${commit}${changes === '' ? '' : '+'}`;
  } catch {
    return null;
  }
}

async function git(...args: string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd: import.meta.dirname });
  return stdout.trim();
}
