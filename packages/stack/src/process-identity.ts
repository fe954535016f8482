import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What a process is, as far as the system tells. */
export interface ProcessIdentity {
  pid: number;
  /** Tells processes of the same id apart, across reboots too; opaque. */
  startedAt: string;
  /** The name of the program, without its path. */
  program: string;
}

/** The process of that id, or undefined when there is none or it has ended and only waits to be reaped. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

/** True while the process runs that was seen before: a later one of the same id is another. */
export function isSameProcess({ pid, startedAt }: Pick<ProcessIdentity, 'pid' | 'startedAt'>): boolean {
  return identifyProcess(pid)?.startedAt === startedAt;
}

function fromProc(pid: number): ProcessIdentity | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // pid (program) state ppid ...; the program may itself hold blanks and brackets. proc_pid_stat(5): starttime is field 22.
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return { pid, program: stat.slice(stat.indexOf('(') + 1, end), startedAt: `${boot}:${fields[19]}` };
}

function fromPs(pid: number): ProcessIdentity | undefined {
  let line: string;
  try {
    line = execFileSync('ps', ['-o', 'stat=,lstart=,comm=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
  const parts = /^(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line);
  if (!parts || parts[1]!.startsWith('Z')) return undefined;
  return { pid, startedAt: parts[2]!, program: parts[3]!.slice(parts[3]!.lastIndexOf('/') + 1) };
}
