import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from '../atomic-file.ts';

/** What the holder of the directory tells others that would start there. */
export interface LauncherState {
  pid: number;
  state: 'starting' | 'running' | 'stopping';
  api: string;
  gateway: string;
}

const fileName = 'launcher.json';

export function writeLauncherState(dir: string, state: LauncherState): void {
  writeJson(join(dir, fileName), state);
}

export function removeLauncherState(dir: string): void {
  rmSync(join(dir, fileName), { force: true });
}

export function readLauncherState(dir: string): Partial<LauncherState> {
  try {
    return JSON.parse(readFileSync(join(dir, fileName), 'utf8')) as LauncherState;
  } catch {
    return {};
  }
}
