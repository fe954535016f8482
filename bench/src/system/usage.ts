import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a process has used, those below it included where they are asked for. */
export interface Usage {
  /** Processor time in user and system mode since their start, also of children that have ended. */
  cpuMs: number;
  /** Resident memory. Pages that several of the processes share are counted once. */
  rssBytes: number;
}

/** Processor time is told in ticks of 1/100 s to programs, on every Linux. */
const tickMs = 10;
const kibibyte = 1_024;

export interface UsageOptions {
  /** Counts all processes below it too: those of Postgres are many. */
  family: boolean;
}

/** Undefined when the process has ended. */
export function readUsage(pid: number, options: UsageOptions): Promise<Usage | undefined> {
  return process.platform === 'linux' ? fromProc(pid, options) : fromPs(pid, options);
}

async function fromProc(pid: number, options: UsageOptions): Promise<Usage | undefined> {
  let cpuMs = 0;
  const memories: Memory[] = [];
  for (const member of options.family ? await family(pid) : [pid]) {
    try {
      cpuMs += cpuMsOfStat(await readFile(`/proc/${member}/stat`, 'utf8'), options);
      memories.push(memoryOfStatus(await readFile(`/proc/${member}/status`, 'utf8')));
    } catch {
      // It has ended since it was listed; its parent has its processor time by now.
      if (member === pid) return undefined;
    }
  }
  return { cpuMs, rssBytes: sharedOnce(memories) };
}

/** The process and all below it. */
async function family(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const below = await Promise.all(children.split(' ').filter(Boolean).map(Number).map(family));
  return [pid, ...below.flat()];
}

/** proc_pid_stat(5): fields 14 to 17 are utime, stime, and cutime, cstime of the children that were waited for. */
export function cpuMsOfStat(stat: string, options: UsageOptions): number {
  // The second field is the program in brackets, and may hold blanks and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, options.family ? 15 : 13).reduce((sum, ticks) => sum + Number(ticks), 0) * tickMs;
}

export interface Memory {
  /** Of this process alone. */
  anonymousBytes: number;
  /** Of files that are mapped, and of shared memory: largely the same pages in processes that belong together. */
  fileBytes: number;
  sharedBytes: number;
}

/** proc_pid_status(5): VmRSS is the sum of these. */
export function memoryOfStatus(status: string): Memory {
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * kibibyte;
  return { anonymousBytes: field('RssAnon'), fileBytes: field('RssFile'), sharedBytes: field('RssShmem') };
}

/** For one process its resident memory; for several what each has alone, and once what they share. */
export function sharedOnce(memories: readonly Memory[]): number {
  return (
    memories.reduce((sum, { anonymousBytes }) => sum + anonymousBytes, 0) +
    Math.max(0, ...memories.map(({ fileBytes }) => fileBytes)) +
    Math.max(0, ...memories.map(({ sharedBytes }) => sharedBytes))
  );
}

async function fromPs(pid: number, options: UsageOptions): Promise<Usage | undefined> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,time=,rss='], { env: { ...process.env, LC_ALL: 'C' } });
  return usageOfPs(stdout, pid, options);
}

interface PsRow {
  pid: number;
  parent: number;
  cpuMs: number;
  rssBytes: number;
}

/** From the columns pid, ppid, time and rss of all processes; shared pages are counted each time, ps cannot tell. */
export function usageOfPs(output: string, pid: number, options: UsageOptions): Usage | undefined {
  const rows = output.split('\n').flatMap(psRow);
  const usage: Usage = { cpuMs: 0, rssBytes: 0 };
  const members = rows.filter((row) => row.pid === pid);
  if (members.length === 0) return undefined;
  for (const member of members) {
    usage.cpuMs += member.cpuMs;
    usage.rssBytes += member.rssBytes;
    if (options.family) members.push(...rows.filter(({ parent }) => parent === member.pid));
  }
  return usage;
}

function psRow(line: string): PsRow[] {
  const [pid, parent, time, rss] = line.trim().split(/\s+/);
  if (rss === undefined) return [];
  return [{ pid: Number(pid), parent: Number(parent), cpuMs: msOfPsTime(time!), rssBytes: Number(rss) * kibibyte }];
}

/** `[[days-]hours:]minutes:seconds[.hundredths]` */
function msOfPsTime(time: string): number {
  const [clock, days = '0'] = time.split('-').toReversed();
  const seconds = clock!.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round((Number(days) * 86_400 + seconds) * 1_000);
}
