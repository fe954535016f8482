import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isSameProcess, type ProcessIdentity } from './process-identity.ts';

/** Services depend on servers, so they are ended before them. */
export type ProcessKind = 'service' | 'server';

interface ProcessRecord extends ProcessIdentity {
  name: string;
  kind: ProcessKind;
  /** What asks the process to end in good order. */
  stopSignal: NodeJS.Signals;
}

const graceMs = 10_000;
const pollMs = 50;

/**
 * The processes that belong to a directory, one file each in `<dir>/run`. They outlive a launcher that was killed; the next
 * one finds them here, by id and by start time, so that it ends its own and no other.
 */
export class ProcessRegistry {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = join(dir, 'run');
    mkdirSync(this.#dir, { recursive: true });
  }

  /** To be called right after the spawn, with no await between: a kill in that gap would leave a process unknown. */
  add(kind: ProcessKind, name: string, pid: number, stopSignal: NodeJS.Signals): void {
    const identity = identifyProcess(pid);
    if (identity === undefined) return;
    const record: ProcessRecord = { name, kind, stopSignal, ...identity };
    const file = this.#file(name);
    writeFileSync(`${file}.new`, `${JSON.stringify(record)}\n`);
    renameSync(`${file}.new`, file);
  }

  remove(name: string): void {
    rmSync(this.#file(name), { force: true });
  }

  /** The processes on record that still run. */
  alive(): ProcessRecord[] {
    return readdirSync(this.#dir)
      .filter((file) => file.endsWith('.json'))
      .map((file) => JSON.parse(readFileSync(join(this.#dir, file), 'utf8')) as ProcessRecord)
      .filter((record) => isSameProcess(record));
  }

  /**
   * Ends what an earlier launcher left behind, servers last. To be called by the holder of the directory's lock only.
   */
  async endOrphans(onProgress: (message: string) => void): Promise<void> {
    const orphans = this.alive();
    for (const kind of ['service', 'server'] as const) {
      await Promise.all(
        orphans
          .filter((orphan) => orphan.kind === kind)
          .map(async (orphan) => {
            onProgress(`ends ${orphan.name} (pid ${orphan.pid}), left by a launcher that was killed`);
            await endProcess(orphan);
          }),
      );
    }
    for (const file of readdirSync(this.#dir)) rmSync(join(this.#dir, file), { force: true });
  }

  #file(name: string): string {
    return join(this.#dir, `${name}.json`);
  }
}

async function endProcess(orphan: ProcessRecord): Promise<void> {
  for (const signal of [orphan.stopSignal, 'SIGKILL'] as const) {
    const deadline = performance.now() + graceMs;
    if (isSameProcess(orphan)) sendSignal(orphan.pid, signal);
    while (isSameProcess(orphan) && performance.now() < deadline) await sleep(pollMs);
  }
}

/** Sends a signal; a process that is gone already is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
