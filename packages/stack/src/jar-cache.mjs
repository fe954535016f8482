// Plain JavaScript, because the launcher asks before Node 24 and the packages are there whether Maven is needed at all.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The Maven project that names the jars. */
export const pomFile = join(dirname(fileURLToPath(import.meta.url)), '..', 'pom.xml');

/**
 * Where downloads are kept, shared by every clone, by `npm start` and by `npm test`: TIDEMARK_CACHE, or the user's cache
 * directory. For root it is /var/cache: Postgres runs as another user there, who cannot enter root's home.
 */
export function cacheDir(env = process.env) {
  if (env.TIDEMARK_CACHE) return env.TIDEMARK_CACHE;
  if (process.getuid?.() === 0) return '/var/cache/tidemark';
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tidemark');
}

/** The folder of the jars of this release. It appears by one rename once it is complete. */
export function jarDir(env = process.env) {
  const key = createHash('sha256').update(readFileSync(pomFile)).digest('hex').slice(0, 12);
  return join(cacheDir(env), `jars-${key}`);
}

/** True when nothing needs to be fetched by Maven any more. */
export function hasJars(env = process.env) {
  return existsSync(jarDir(env));
}
