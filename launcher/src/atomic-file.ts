import { renameSync, writeFileSync } from 'node:fs';

/** Replaces a file that only its owner may read, so that readers find the old text or the new one, never a part. */
export function writeJson(file: string, value: unknown): void {
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
