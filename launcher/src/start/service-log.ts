import { join } from 'node:path';
import { logTail } from '@tidemark/stack';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';

const fileSize = '10M';
const keptFiles = 3;
const linesSearched = 50;

/** The log of one service: `<name>.log`, and up to three older files of 10 MB, `<name>.log.1` the newest of them. */
export function openServiceLog(logsDir: string, name: string): RotatingFileStream {
  const file = `${name}.log`;
  return createStream((index) => (index ? `${file}.${String(index)}` : file), {
    path: logsDir,
    size: fileSize,
    rotate: keptFiles,
  });
}

/** The last error in the log of a service, as far as its last lines go. */
export async function lastErrorLine(logsDir: string, name: string): Promise<string> {
  const lines = (await logTail(join(logsDir, `${name}.log`), linesSearched)).split('\n').toReversed();
  for (const line of lines) {
    const message = errorMessage(line);
    if (message) return message;
  }
  return '';
}

/** The message of a line at level error or above; a line that is no JSON is a crash's. */
function errorMessage(line: string): string {
  try {
    const { level, msg, code } = JSON.parse(line) as { level?: string; msg?: string; code?: string };
    return (level === 'error' || level === 'fatal') && msg ? `${code ? `${code}: ` : ''}${msg}` : '';
  } catch {
    return /^\w*Error\b/.test(line) ? line : '';
  }
}
