import { existsSync, globSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CodedError } from '@tidemark/runtime';
import { repository, userPath } from '../repository.ts';

export interface TestRunOptions {
  /** Relative to the root of the repository. */
  files: string[];
  runsChecks: boolean;
  /** Handed to Node's test runner. */
  runnerArgs: string[];
}

const allTests = '{packages,services,cli,launcher,e2e,bench}/**/*.test.ts';

export const testHelp = `npm test -- [files, folders or patterns] [--no-check] [options of Node's test runner]

Runs the checks, then the tests (all of them unless some are named) on a Kafka, Postgres and Redis of their own.

  npm test -- packages/domain                         the tests of one folder
  npm test -- 'services/**/*.test.ts' --no-check      a pattern, without the checks
  npm test -- e2e --test-name-pattern=rebalance       by title`;

/** @throws CodedError OPTION_INVALID when an argument names no test. */
export function testRunOptions(args: string[]): TestRunOptions {
  const paths = args.filter((arg) => !arg.startsWith('-'));
  const flags = args.filter((arg) => arg.startsWith('-'));
  const runnerArgs = flags.filter((flag) => flag.startsWith('--test-'));
  const unknown = flags.filter((flag) => flag !== '--no-check' && !runnerArgs.includes(flag));
  if (unknown.length > 0)
    throw new CodedError('OPTION_INVALID', `unknown: ${unknown.join(' ')}; see npm test -- --help`);
  const files = paths.length === 0 ? find(allTests) : paths.flatMap(named);
  return { files: [...new Set(files)].toSorted(), runsChecks: !flags.includes('--no-check'), runnerArgs };
}

function named(path: string): string[] {
  const place = relative(repository, existsSync(userPath(path)) ? userPath(path) : join(repository, path));
  const isFolder = statSync(join(repository, place), { throwIfNoEntry: false })?.isDirectory();
  const files = find(isFolder ? join(place, '**/*.test.ts') : place);
  if (files.length === 0) throw new CodedError('OPTION_INVALID', `${path} names no test file`);
  return files;
}

function find(pattern: string): string[] {
  return globSync(pattern, { cwd: repository, exclude: (name) => name === 'node_modules' });
}
