import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';

/** One run, as it is kept in a folder of results: what was measured, and all that is needed to make the run again. */
export interface Recorded<Data> {
  measure: string;
  /** When the run ended, ISO 8601 in UTC. */
  recordedAt: string;
  command: string;
  /** Followed by `+` when files differed from it; null outside of a clone. */
  commit: string | null;
  seed: number;
  machine: Machine;
  data: Data;
}

/** Answers with the path of the new file. */
export function recordResult(result: Recorded<unknown>, dir: string): string {
  mkdirSync(dir, { recursive: true });
  const minute = result.recordedAt.slice(0, 16).replace(':', '');
  const file = join(dir, `${result.measure}-${minute}.json`);
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`, { flag: 'wx' });
  return file;
}

/** The recorded runs of a measure, oldest first. */
export function readResults<Data>(measure: string, dir: string): Recorded<Data>[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(dir, file), 'utf8')) as Recorded<Data>)
    .filter((result) => result.measure === measure)
    .toSorted((a, b) => a.recordedAt.localeCompare(b.recordedAt));
}
