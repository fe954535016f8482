/** A clock that stands still until it is told otherwise. */
export interface FakeClock {
  now(): number;
  /** Moves time forward. */
  advance(ms: number): void;
  /** Steps the clock to any moment, also backwards. */
  set(ms: number): void;
}

export function createFakeClock(startMs = 1_700_000_000_000): FakeClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance: (ms) => {
      if (ms < 0) throw new RangeError(`advance by ${ms} ms: use set to step a clock back`);
      nowMs += ms;
    },
    set: (ms) => {
      nowMs = ms;
    },
  };
}
