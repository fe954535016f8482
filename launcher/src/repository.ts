import { isAbsolute, join, relative, resolve } from 'node:path';

/** The root of the repository. */
export const repository = join(import.meta.dirname, '..', '..');

/** A path as the user means it: npm runs scripts in the root and keeps the user's folder in INIT_CWD. */
export function userPath(path: string): string {
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), path);
}

/** A path to show: relative where that is inside the user's folder. */
export function shownPath(path: string): string {
  const inside = relative(userPath('.'), path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside || '.';
}
