import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { hasJars } from '../../packages/stack/src/jar-cache.mjs';
import { installHint, onPath } from './hints.mjs';

const oldestJava = 17;

/** What keeps the embedded servers from running here: one line each, beginning with its code. */
export function missingPrerequisites({ kafka, redis }, env = process.env) {
  const needsMaven = (kafka || redis) && !hasJars(env);
  const problems = [];
  // Maven is a Java program, so it needs Java even where Kafka is not embedded.
  if (kafka || needsMaven) problems.push(...javaProblems(env));
  if (needsMaven && !onPath('mvn', env)) {
    problems.push(
      `MAVEN_MISSING: Maven is needed once, to fetch Kafka and Redis. Install it: ${installHint('maven', env)}`,
    );
  }
  return problems;
}

/** What keeps any command from running on this system. */
export function platformProblems() {
  if (process.platform === 'win32') {
    return [
      'WINDOWS_UNSUPPORTED: native Windows is not supported. Run this inside WSL2 (https://aka.ms/wsl), or use `tilt up`',
    ];
  }
  if (process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime) {
    return [
      'PLATFORM_UNSUPPORTED: this Linux has musl in place of glibc, which the Node and Postgres packages need. Use `tilt up`',
    ];
  }
  return [];
}

function javaProblems(env) {
  const hint = `Install it: ${installHint('java', env)}`;
  const java = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : onPath('java', env);
  const { status, stderr } = java
    ? spawnSync(java, ['-version'], { env, encoding: 'utf8' })
    : { status: 1, stderr: '' };
  const found = /version "(?:1\.)?(\d+)/.exec(stderr || '');
  // macOS has a `java` that only says where to get one; it fails.
  if (status !== 0 || !found) {
    const why = env.JAVA_HOME ? `, and JAVA_HOME=${env.JAVA_HOME} holds none that runs` : '';
    return [`JAVA_MISSING: Java ${oldestJava} or newer is needed for the embedded Kafka${why}. ${hint}`];
  }
  if (Number(found[1]) < oldestJava) {
    return [
      `JAVA_TOO_OLD: Java ${oldestJava} or newer is needed for the embedded Kafka, ${java} is ${found[1]}. ${hint}`,
    ];
  }
  return [];
}
