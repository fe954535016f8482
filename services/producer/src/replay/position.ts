import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { ProducerSettings } from '../config.ts';
import { StateFile } from '../state-file.ts';
import type { Recording } from './recording.ts';

const runSchema = z.object({
  /** For whoever looks into the file. */
  recording: z.string(),
  run: z.string(),
  startMs: z.number(),
  firstMs: z.number(),
  lastMs: z.number(),
  /** Everything up to this line is acknowledged. */
  line: z.number(),
  ended: z.boolean(),
});

/** One playing of a recording: chosen once, kept over restarts. */
export type Run = z.infer<typeof runSchema>;

/** The file of the run of this recording into this topic, with this way of playing it; another way is another run. */
export function runFile(recording: Recording, topic: string, settings: ProducerSettings): StateFile<Run> {
  const { STATE_DIR, RETIME, SPEED } = settings;
  const identity = JSON.stringify([recording.fingerprint, topic, RETIME, String(SPEED)]);
  const name = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  return new StateFile(join(STATE_DIR, `replay-${name}.json`), runSchema);
}

/** A new run of a recording whose time stamps lie between the two. */
export function newRun(recording: Recording, { firstMs, lastMs }: Pick<Run, 'firstMs' | 'lastMs'>, nowMs: number): Run {
  const run = randomBytes(4).toString('hex');
  return { recording: recording.path, run, startMs: nowMs, firstMs, lastMs, line: 0, ended: false };
}
