import { checkpoint } from './checkpoint/measure.ts';
import { live } from './live/measure.ts';
import type { Measure } from './measure.ts';
import { moves } from './moves/measure.ts';

/** All that can be measured, in the order of the README and of `npm run bench`. */
export const measures: readonly Measure<object, unknown>[] = [live, checkpoint, moves];
