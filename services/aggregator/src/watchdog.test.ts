import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCoded } from '@tidemark/runtime';
import { stuckAfterMs, Watchdog } from './watchdog.ts';

const lagging = { partition: 3, nextOffset: 10, lag: 5 };

test('a partition that lags and does not move for a minute is called stuck', () => {
  const watchdog = new Watchdog();
  watchdog.look([lagging], 0);
  watchdog.look([lagging], stuckAfterMs);
  assert.throws(
    () => watchdog.look([lagging], stuckAfterMs + 1),
    (error) => isCoded(error, 'STUCK'),
  );
});

test('progress, an empty log, and a partition that was away begin the minute anew', () => {
  const watchdog = new Watchdog();
  watchdog.look([lagging], 0);
  watchdog.look([{ ...lagging, nextOffset: 11 }], 50_000);
  watchdog.look([{ ...lagging, nextOffset: 11 }], 100_000);
  watchdog.look([{ ...lagging, nextOffset: 11, lag: 0 }], 109_000);
  watchdog.look([{ ...lagging, nextOffset: 11 }], 160_000);
  watchdog.look([], 165_000);
  watchdog.look([{ ...lagging, nextOffset: 11 }], 170_000);
  watchdog.look([{ ...lagging, nextOffset: 11 }], 225_000);
});
