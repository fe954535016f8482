import { live } from './live/measure.ts';

/** All that can be measured, in the order of the README and of `npm run bench`. */
export const measures = [live] as const;
