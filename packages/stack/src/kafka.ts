import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CodedError } from '@tidemark/runtime';
import {
  kafkaSettings,
  loggingSettings,
  type SecureListener,
  toProperties,
  withSecureListener,
} from './kafka-settings.ts';
import { exchange } from './probe.ts';
import type { ServerSpec } from './server.ts';
import type { StackContext } from './stack.ts';

const run = promisify(execFile);

const formatTimeoutMs = 60_000;

/** The distribution's collector in a small heap: at 1,000 records a second 90 MB of it were used, 380 MB of memory in all. */
const jvmOptions = ['-Xms128m', '-Xmx512m', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-Djava.awt.headless=true'];

/** A Kafka broker in KRaft mode; its storage is formatted the first time. */
export async function kafkaServer(
  port: number,
  { dir, logsDir, ports, jars: provideJars, onProgress }: StackContext,
  secure?: SecureListener,
): Promise<ServerSpec> {
  const jars = await provideJars();
  const home = join(dir, 'kafka');
  const dataDir = join(home, 'data');
  const settingsFile = join(home, 'server.properties');
  const loggingFile = join(home, 'log4j2.properties');
  const logFile = join(logsDir, 'kafka.log');
  const java = process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin', 'java') : 'java';
  const classPath = ['-cp', join(jars, '*')];

  await mkdir(home, { recursive: true });
  const controllerPort = await ports.free();
  const settings = kafkaSettings({ dataDir, port, controllerPort });
  await writeFile(settingsFile, toProperties(secure ? withSecureListener(settings, secure) : settings));
  await writeFile(loggingFile, toProperties(loggingSettings(logFile)));
  if (!existsSync(join(dataDir, 'meta.properties'))) {
    onProgress('formats the storage of Kafka');
    const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'a');
    await run(
      java,
      [...classPath, 'kafka.tools.StorageTool', 'format', '--cluster-id', clusterId, '--config', settingsFile],
      { timeout: formatTimeoutMs },
    ).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw new CodedError('JAVA_MISSING', `${java} cannot be run`);
      throw new CodedError('SERVER_FAILED', `the storage of Kafka could not be formatted: ${error.message}`);
    });
  }
  return {
    name: 'kafka',
    command: java,
    args: [...jvmOptions, `-Dlog4j2.configurationFile=${loggingFile}`, ...classPath, 'kafka.Kafka', settingsFile],
    cwd: home,
    outputFile: join(logsDir, 'kafka.out.log'),
    logFile,
    stopSignal: 'SIGTERM',
    startTimeoutMs: 90_000,
    stopTimeoutMs: 20_000,
    probe: () => probeKafka(port),
  };
}

/** Asks for the API versions: a broker answers only once it is registered and serves clients. */
async function probeKafka(port: number): Promise<void> {
  const correlationId = 7;
  const request = Buffer.alloc(14);
  request.writeInt32BE(10, 0);
  request.writeInt16BE(18, 4); // ApiVersions
  request.writeInt16BE(0, 6);
  request.writeInt32BE(correlationId, 8);
  request.writeInt16BE(-1, 12); // no client id
  await exchange(
    connect({ host: '127.0.0.1', port }),
    request,
    (answer) => answer.length >= 10 && answer.readInt32BE(4) === correlationId && answer.readInt16BE(8) === 0,
  );
}
