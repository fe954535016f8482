import { DatabaseSync } from 'node:sqlite';

const sqliteBusy = 5;

export interface Lock {
  release(): void;
}

/**
 * Takes the lock of a file, or returns undefined while another process holds it. The lock is the operating system's, by way
 * of SQLite, since Node has no call for it: it ends with its holder, however that ends, so there is no stale lock to judge.
 */
export function tryLock(file: string): Lock | undefined {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === sqliteBusy) return undefined;
    throw error;
  }
  return { release: () => database.close() };
}
