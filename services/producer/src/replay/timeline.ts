import { createHash } from 'node:crypto';
import type { Swap } from '@tidemark/domain';

export interface TimelineOptions {
  retime: 'now' | 'keep';
  /** How many times faster than recorded, or as fast as it goes. */
  speed: number | 'max';
  /** Ends the ids of a recording that is played as if live, so that it can be played again under other ids. */
  run: string;
  /** The wall clock when the run began, in ms. */
  startMs: number;
  /** The time stamp of the recording's first swap. */
  firstMs: number;
  /** The greatest time stamp of the recording; matters only for `now` with `max`. */
  lastMs: number;
}

/** When the swaps of a recording are sent, and how they are stamped. A function of the recording and the run alone. */
export interface Timeline {
  /** The moment to send what was stamped `timestampMs`, by the wall clock; minus infinity when there is no need to wait. */
  dueMs(timestampMs: number): number;
  /** The swap as it is to be sent. */
  apply(swap: Swap): Swap;
}

/**
 * With `keep`, swaps stay as they are. With `now` and a speed the recording begins at the start of the run, and a swap is
 * stamped with the moment at which it is sent: at 60, an hour's trades fall into one minute, since stamps that kept their distance
 * would run into the future. With `now` and `max`, stamps keep their distance, and the last is the start of the run.
 * All versions of an id carry one stamp before, and so they do after.
 */
export function createTimeline({ retime, speed, run, startMs, firstMs, lastMs }: TimelineOptions): Timeline {
  const dueMs = (timestampMs: number) =>
    speed === 'max' ? Number.NEGATIVE_INFINITY : startMs + Math.floor((timestampMs - firstMs) / speed);
  if (retime === 'keep') return { dueMs, apply: (swap) => swap };
  const stamp = speed === 'max' ? (timestampMs: number) => timestampMs + (startMs - lastMs) : dueMs;
  return {
    dueMs,
    apply: (swap) => ({ ...swap, id: idInRun(swap.id, run), timestamp: stamp(swap.timestamp) }),
  };
}

const maxIdLength = 128;

/** `<id>@<run>`; an id that leaves no room for it is replaced by its hash. */
function idInRun(id: string, run: string): string {
  const whole = `${id}@${run}`;
  if (whole.length <= maxIdLength) return whole;
  return `${createHash('sha256').update(id).digest('hex')}@${run}`;
}
