import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isCoded } from '@tidemark/runtime';
import { Watchdog, type Watched } from './watchdog.ts';

const stuckAfterMs = 60_000;
const lagging = { partition: 3, nextOffset: 10, lag: 5 };

function watch() {
  const watchdog = new Watchdog(stuckAfterMs);
  return {
    watchdog,
    look: (nowMs: number, ...partitions: Watched[]) => watchdog.look({ isMember: true, partitions }, nowMs),
    lookAsStranger: (nowMs: number) => watchdog.look({ isMember: false, partitions: [] }, nowMs),
  };
}

const isStuck = (error: unknown) => isCoded(error, 'STUCK');

describe('the watchdog', () => {
  test('calls a partition stuck that lags and does not move for a minute', () => {
    const { look } = watch();
    look(0, lagging);
    look(stuckAfterMs, lagging);
    assert.throws(() => look(stuckAfterMs + 1, lagging), isStuck);
  });

  test('begins the minute anew with progress, an empty log, and a partition that was away', () => {
    const { look } = watch();
    look(0, lagging);
    look(50_000, { ...lagging, nextOffset: 11 });
    look(100_000, { ...lagging, nextOffset: 11 });
    look(109_000, { ...lagging, nextOffset: 11, lag: 0 });
    look(160_000, { ...lagging, nextOffset: 11 });
    look(165_000);
    look(170_000, { ...lagging, nextOffset: 11 });
    look(225_000, { ...lagging, nextOffset: 11 });
  });

  test('holds nothing against a partition while the brokers do not answer', () => {
    const { watchdog, look } = watch();
    look(0, lagging);
    watchdog.blinded();
    look(stuckAfterMs + 1, lagging);
    look(2 * stuckAfterMs, lagging);
    assert.throws(() => look(2 * stuckAfterMs + 2, lagging), isStuck);
  });

  test('calls a process stuck that the group does not hear of for a minute although the brokers answer', () => {
    const { watchdog, look, lookAsStranger } = watch();
    lookAsStranger(0);
    look(50_000);
    lookAsStranger(50_000 + stuckAfterMs);
    assert.throws(() => lookAsStranger(50_001 + stuckAfterMs), isStuck);
    watchdog.blinded();
    lookAsStranger(200_000);
  });
});
