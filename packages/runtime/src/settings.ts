import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CodedError } from './errors.ts';

/** Settings of one service: a zod object whose keys are the names of environment variables. */
export type SettingsSchema = z.ZodObject<Record<string, z.ZodType>>;

const unitsMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A span of time such as `250ms`, `1s`, `20m`, `24h`; a bare number is milliseconds. Parsed to milliseconds. */
export function duration(byDefault: string, { minMs = 0, maxMs = 366 * 86_400_000 } = {}) {
  return z
    .string()
    .default(byDefault)
    .transform((text, context) => {
      const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim());
      const valueMs = parts ? Number(parts[1]) * unitsMs[parts[2] ?? 'ms']! : Number.NaN;
      if (valueMs >= minMs && valueMs <= maxMs) return valueMs;
      context.addIssue({
        code: 'custom',
        message: `expected a duration such as ${byDefault}, from ${minMs}ms to ${maxMs}ms`,
      });
      return z.NEVER;
    });
}

/** A whole number within bounds. */
export function integer(byDefault: number, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}) {
  return z
    .string()
    .default(String(byDefault))
    .transform((text, context) => {
      const value = /^-?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
      if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
      context.addIssue({ code: 'custom', message: `expected a whole number from ${min} to ${max}` });
      return z.NEVER;
    });
}

/** `true` or `false`. */
export function flag(byDefault: boolean) {
  return z
    .enum(['true', 'false'])
    .default(byDefault ? 'true' : 'false')
    .transform((text) => text === 'true');
}

/** A comma-separated list; empty entries are dropped. */
export function list(byDefault: string) {
  return z
    .string()
    .default(byDefault)
    .transform((text) =>
      text
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    );
}

/** A TCP port; 0 lets the system choose. */
export function port(byDefault: number) {
  return integer(byDefault, { min: 0, max: 65_535 });
}

/** What every service has. */
export const serviceSettings = {
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
    .default('info')
    .describe('The least severe log lines to write.'),
  HOST: z.string().default('127.0.0.1').describe('The address that the service listens on.'),
  ADMIN_PORT: port(9100).describe('The port of /healthz, /readyz and /metrics; 0 takes a free one.'),
  SERVICE_INSTANCE: z
    .string()
    .default('')
    .describe(
      'The name of this instance in logs and metrics, where `{host}` stands for the name of the host; the name of the service by default.',
    ),
  START_TIMEOUT: duration('2m', { minMs: 1_000 }).describe(
    'How long to wait at start for what the service depends on.',
  ),
  STOP_TIMEOUT: duration('20s', { minMs: 100 }).describe(
    'How long a graceful stop may take before the process ends anyway.',
  ),
};

/**
 * Reads settings from the environment. A secret `X` may be given as `X_FILE`, the path of a file that holds it.
 * @throws CodedError SETTINGS_INVALID, listing everything that is wrong.
 */
export function loadSettings<S extends SettingsSchema>(schema: S, env: NodeJS.ProcessEnv): z.infer<S> {
  const problems: string[] = [...misspelt(schema, env)];
  const given: Record<string, string> = {};
  for (const [name, type] of Object.entries(schema.shape)) {
    // An empty variable is an absent one: compose files and shells set `X=` to mean "unset".
    if (env[name]) given[name] = env[name];
    const file = env[`${name}_FILE`];
    if (!file || schema.shape[`${name}_FILE`]) continue;
    if (!isSecret(type)) {
      problems.push(`${name}_FILE: ${name} is not a secret and is not read from a file`);
      continue;
    }
    if (given[name] !== undefined) problems.push(`${name} and ${name}_FILE are both set; keep one`);
    try {
      given[name] = readFileSync(file, 'utf8').trim();
    } catch (error) {
      problems.push(`${name}_FILE: cannot read ${file} (${(error as NodeJS.ErrnoException).code})`);
    }
  }
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    problems.push(...parsed.error.issues.map((issue) => `${issue.path.join('.') || 'settings'}: ${issue.message}`));
  }
  if (problems.length > 0 || !parsed.success) {
    throw new CodedError(
      'SETTINGS_INVALID',
      `the settings are not usable:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    );
  }
  return parsed.data;
}

/**
 * The text of the file that a setting names; undefined where it names none.
 * @throws CodedError SETTINGS_INVALID
 */
export function readSettingFile(name: string, path: string): string | undefined {
  if (path === '') return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CodedError('SETTINGS_INVALID', `${name}: cannot read ${path} (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Settings as they may be shown: secrets and the passwords inside URLs masked. */
export function maskSettings(schema: SettingsSchema, settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      const type = schema.shape[name];
      const secret = type !== undefined && isSecret(type) && typeof value === 'string' && value !== '';
      return [name, secret ? maskSecret(value) : value];
    }),
  );
}

function maskSecret(value: string): string {
  if (!/^[a-z+]+:\/\//i.test(value)) return '***';
  // Greedy, since a password that was not encoded may hold an @; and drivers take passwords as parameters too.
  return value
    .replace(/\/\/([^:@/]*):.*@/, '//$1:***@')
    .replace(/([?&][^=&]*(?:password|secret|token)[^=&]*=)[^&]*/gi, '$1***');
}

function isSecret(type: z.ZodType): boolean {
  return type.meta()?.['secret'] === true;
}

/**
 * Names in the environment that are surely meant as settings and are none: an unknown TIDEMARK_*, or one letter away from a
 * setting. Others cannot be told from the rest of the environment.
 */
function* misspelt(schema: SettingsSchema, env: NodeJS.ProcessEnv): Generator<string> {
  const known = Object.keys(schema.shape);
  for (const name of Object.keys(env)) {
    if (known.includes(name)) continue;
    if (name.startsWith('TIDEMARK_')) {
      if (!reservedNames.has(name)) yield `${name} is not a setting`;
      continue;
    }
    const meant = known.find((setting) => setting.length > 5 && isOneEditAway(name, setting));
    if (meant !== undefined) yield `${name} is not a setting; did you mean ${meant}?`;
  }
}

/** Read by the launcher and by tests, so in the environment of the services too. */
const reservedNames = new Set(['TIDEMARK_DIR', 'TIDEMARK_RECORDINGS', 'TIDEMARK_CACHE']);

/** True when one insertion, deletion, substitution or swap of neighbours turns a into b. */
function isOneEditAway(a: string, b: string): boolean {
  if (a === b || Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  if (a.length > b.length) return restA.slice(1) === restB;
  if (a.length < b.length) return restA === restB.slice(1);
  const swapped =
    restA.length > 1 && restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
  return swapped || restA.slice(1) === restB.slice(1);
}
