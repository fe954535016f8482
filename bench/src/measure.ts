import type { Recorded } from '@tidemark/testing';
import type { Command } from 'commander';

/** What a run of a measure is given. */
export interface RunContext {
  seed: number;
  /** Aborted when the run is to end before its time. */
  signal: AbortSignal;
  /** A line of progress for the person at the terminal. */
  say(line: string): void;
}

/** A picture beside the README. */
export interface Chart {
  /** Of its file, without the ending. */
  name: string;
  svg: string;
}

/** What the report shows of the recorded results of one measure. */
export interface Section {
  markdown: string;
  charts: Chart[];
}

/** One thing that can be measured: `npm run bench -- <name>`. */
export interface Measure<Options, Data> {
  name: string;
  description: string;
  /** Adds its options to its command. */
  configure(command: Command): Command;
  /** Runs it; whatever is wrong with the run rejects, so that nothing of it is recorded. */
  run(context: RunContext, options: Options): Promise<Data>;
  /** What the README says between this measure's marks; a pure function of the results, oldest first, at least one. */
  section(results: readonly Recorded<Data>[]): Section;
}
