import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '@tidemark/runtime';
import { writeJson } from './atomic-file.ts';

/** What runs, for whoever wants to use it; `<TIDEMARK_DIR>/stack.json`, from when all of it is ready until it stops. */
export interface StackFile {
  api: string;
  gateway: string;
  kafka: string[];
  postgres: string;
  redis: string;
  services: { name: string; pid: number; admin: string }[];
}

const fileName = 'stack.json';

export function writeStackFile(dir: string, content: StackFile): void {
  writeJson(join(dir, fileName), content);
}

export function removeStackFile(dir: string): void {
  rmSync(join(dir, fileName), { force: true });
}

/** @throws CodedError NOT_RUNNING */
export function readStackFile(dir: string): StackFile {
  try {
    return JSON.parse(readFileSync(join(dir, fileName), 'utf8')) as StackFile;
  } catch {
    throw new CodedError(
      'NOT_RUNNING',
      `there is no ${join(dir, fileName)}; run npm start first, or set TIDEMARK_DIR, API_URL or GATEWAY_URL`,
    );
  }
}
