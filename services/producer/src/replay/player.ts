import { setTimeout as sleep } from 'node:timers/promises';
import type { Swap } from '@tidemark/domain';
import type { OutgoingRecord } from '@tidemark/kafka';
import type { SourceContext } from '../source.ts';
import type { StateFile } from '../state-file.ts';
import type { Run } from './position.ts';
import type { Recording } from './recording.ts';
import { Refusals } from './refusals.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** The most records and bytes in one batch, and so what is sent twice when the process is killed. */
const maxChunk = 1_000;
const maxChunkBytes = 900_000;
/** Swaps that fall due within this time go out together. */
const gatherMs = 10;
/** Timers take no longer spans than some weeks; a wait beyond this is worth a line in the log, too. */
const longestSleepMs = 60_000;

/** Sends the swaps of a recording when they are due, and keeps the position in step with the acknowledgements. */
export class Player {
  readonly #source: SourceContext;
  readonly #file: StateFile<Run>;
  readonly #timeline: Timeline;
  readonly #refusals: Refusals;
  #run: Run;
  #chunk: OutgoingRecord[] = [];
  #chunkBytes = 0;
  /** The last line that was read. */
  #line: number;

  constructor(source: SourceContext, file: StateFile<Run>, run: Run) {
    const { settings, log, metrics } = source;
    this.#source = source;
    this.#file = file;
    this.#run = run;
    this.#line = run.line;
    this.#timeline = createTimeline({ retime: settings.RETIME, speed: settings.SPEED, ...run });
    this.#refusals = new Refusals(log, metrics);
  }

  /** Resolves when the whole recording is acknowledged; rejects when the service stops before. */
  async play(recording: Recording): Promise<void> {
    const { signal, delivery } = this.#source;
    for await (const entries of recording.entries(this.#run.line)) {
      for (const entry of entries) {
        signal.throwIfAborted();
        if (entry.kind === 'swap') await this.#add(entry.swap);
        else this.#refusals.note(entry);
        this.#line = entry.line;
        if (this.#chunk.length >= maxChunk || this.#chunkBytes >= maxChunkBytes) await this.#sendChunk();
      }
    }
    await this.#sendChunk();
    await delivery.flush();
    await this.#store({ line: this.#line, ended: true });
    this.#refusals.report();
  }

  async #add(swap: Swap): Promise<void> {
    const dueMs = this.#timeline.dueMs(swap.timestamp);
    if (dueMs > Date.now()) {
      await this.#sendChunk();
      await this.#waitUntil(dueMs);
    }
    const record = this.#source.records.of(this.#timeline.apply(swap));
    this.#chunk.push(record);
    this.#chunkBytes += record.value?.length ?? 0;
  }

  async #sendChunk(): Promise<void> {
    if (this.#chunk.length === 0) return;
    const records = this.#chunk;
    const line = this.#line;
    this.#chunk = [];
    this.#chunkBytes = 0;
    // Stored only after the acknowledgement: what a crash in between makes us send again has the same ids.
    await this.#source.delivery.send(records, () => this.#store({ line }));
  }

  async #waitUntil(dueMs: number): Promise<void> {
    const { log, signal } = this.#source;
    for (let waitMs = dueMs - Date.now(); waitMs > 0; waitMs = dueMs - Date.now()) {
      if (waitMs > longestSleepMs) log.info({ seconds: Math.round(waitMs / 1_000) }, 'the next swap is some time away');
      await sleep(Math.min(Math.max(waitMs, gatherMs), longestSleepMs), undefined, { signal });
    }
  }

  async #store(position: Pick<Run, 'line'> & Partial<Run>): Promise<void> {
    this.#run = { ...this.#run, ...position };
    await this.#file.write(this.#run);
    this.#source.metrics.replayPosition.set(position.line);
  }
}
