import { once } from 'node:events';
import { CodedError, waitFor } from '@tidemark/runtime';
import type { SourceContext } from '../source.ts';
import type { StateFile } from '../state-file.ts';
import { refuseBehind } from './behind.ts';
import { Player } from './player.ts';
import { newRun, type Run, runFile } from './position.ts';
import { openRecording, type Recording } from './recording.ts';

/**
 * Makes ready to play the recording from where it was left. What is answered plays it, and then idles until the service stops.
 * @throws CodedError REPLAY_INVALID, REPLAY_BEHIND, PRODUCER_STATE_INVALID
 */
export async function prepareReplay(source: SourceContext): Promise<() => Promise<void>> {
  const { settings, kafka, log, metrics, signal } = source;
  const recording = await openRecording(settings.REPLAY_FILE, settings.POOL_FILE, signal);
  const file = runFile(recording, kafka.topicName('swaps'), settings);
  const run = (await goOn(source, file)) ?? (await begin(source, recording, file));
  metrics.replayPosition.set(run.line);
  return async () => {
    const about = { recording: recording.path, run: run.run };
    if (run.ended) {
      log.info(about, `was played to its end already; remove ${file.path} to play it again`);
    } else {
      log.info({ ...about, form: recording.form, line: run.line }, 'replaying');
      await new Player(source, file, run).play(recording);
      log.info(about, 'the recording was played to its end');
    }
    metrics.replayEnded.set(1);
    if (!signal.aborted) await once(signal, 'abort');
  };
}

/** The run that was begun earlier, unless its topic was emptied since. */
async function goOn({ settings, kafka, log, signal }: SourceContext, file: StateFile<Run>): Promise<Run | undefined> {
  const run = await file.read();
  if (run === undefined || run.line === 0) return run;
  const offsets = await waitFor('offsets of swaps', () => kafka.offsets('swaps'), {
    log,
    timeoutMs: settings.START_TIMEOUT,
    signal,
  });
  if (offsets.some(({ high }) => high > 0)) return run;
  log.warn(
    { run: run.run, line: run.line },
    'the topic was made anew since this recording was played; it begins anew, too',
  );
  return undefined;
}

async function begin(source: SourceContext, recording: Recording, file: StateFile<Run>): Promise<Run> {
  const { settings, kafka, log, signal } = source;
  const needsLast = settings.RETIME === 'now' && settings.SPEED === 'max';
  const span = await spanOf(recording, needsLast, signal);
  if (settings.RETIME === 'keep') {
    await waitFor('the end of swaps', () => refuseBehind(kafka, span.firstMs, settings.LATENESS), {
      log,
      timeoutMs: settings.START_TIMEOUT,
      signal,
    });
  }
  const run = newRun(recording, span, Date.now());
  await file.write(run);
  return run;
}

/** The first and the greatest time stamp; only the first when the other is not needed, since it takes reading the whole file. */
async function spanOf(recording: Recording, needsLast: boolean, signal: AbortSignal) {
  let span: { firstMs: number; lastMs: number } | undefined;
  for await (const entries of recording.entries(0)) {
    signal.throwIfAborted();
    for (const entry of entries) {
      if (entry.kind !== 'swap') continue;
      const { timestamp } = entry.swap;
      span ??= { firstMs: timestamp, lastMs: timestamp };
      span.lastMs = Math.max(span.lastMs, timestamp);
    }
    if (span && !needsLast) break;
  }
  if (span === undefined) throw new CodedError('REPLAY_INVALID', `${recording.path} holds no swap`);
  return span;
}
