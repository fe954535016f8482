import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CodedError } from '@tidemark/runtime';
import { cacheDir, jarDir, pomFile } from './jar-cache.mjs';
import { lastLines } from './log-tail.ts';

const progressEveryFiles = 50;
const linesOnFailure = 15;

/**
 * The folder of the jars of Kafka and Redis; Maven fetches them the first time, and nothing after that needs the network.
 * @throws CodedError MAVEN_MISSING or JARS_UNAVAILABLE.
 */
export async function provideJars(onProgress: (message: string) => void): Promise<string> {
  const target = jarDir();
  if (existsSync(target)) return target;
  await mkdir(cacheDir(), { recursive: true });
  const draft = await mkdtemp(join(cacheDir(), '.jars-'));
  try {
    await copyDependencies(draft, onProgress);
    // Another process may have been faster; a folder that is there is complete, so either will do.
    await rename(draft, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
    return target;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** The release of the embedded Kafka. */
export function kafkaVersion(): string {
  return /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(readFileSync(pomFile, 'utf8'))![1]!;
}

/** The path of a jar by the start of its file name. */
export async function findJar(jars: string, prefix: string): Promise<string> {
  const name = (await readdir(jars)).find((file) => file.startsWith(prefix));
  if (name === undefined) throw new CodedError('JARS_UNAVAILABLE', `${jars} holds no ${prefix}*; remove the folder`);
  return join(jars, name);
}

async function copyDependencies(outputDir: string, onProgress: (message: string) => void): Promise<void> {
  onProgress('Maven fetches Kafka and Redis (55 MB, once)');
  const child = spawn(
    'mvn',
    ['--batch-mode', '--file', pomFile, 'dependency:copy-dependencies', `-DoutputDirectory=${outputDir}`],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output: string[] = [];
  let fetched = 0;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (/Downloading from/.test(line)) return;
      if (/Downloaded from/.test(line)) {
        fetched++;
        if (fetched % progressEveryFiles === 0) onProgress(`Maven fetched ${fetched} files`);
        return;
      }
      output.push(line);
      if (output.length > 200) output.shift();
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new CodedError('MAVEN_MISSING', 'mvn is not on the PATH; it fetches Kafka and Redis')
          : error,
      ),
    );
    child.on('close', resolve);
  });
  if (code !== 0) {
    const errors = output.filter((line) => line.includes('ERROR'));
    throw new CodedError(
      'JARS_UNAVAILABLE',
      `Maven ended with ${code}:\n${lastLines(errors.join('\n'), linesOnFailure)}`,
    );
  }
}
