import type { Scenario } from '../scenario.ts';
import { reach } from '../world/kill-points.ts';
import type { Replica } from '../world/replica.ts';
import type { World } from '../world/world.ts';

/** Longer than the session timeout of the replicas. */
const blockedMs = 10_000;
const afterTakeoverMs = 2_000;

async function thawAfterTakeover(replica: Replica, world: World): Promise<void> {
  await world.takenOver(replica);
  await world.quiet(afterTakeoverMs);
  replica.signal('SIGCONT');
}

export const freezeScenarios: Scenario[] = [
  {
    name: 'frozen-past-session',
    description: 'SIGSTOP until another replica has taken over, then SIGCONT: the former owner wakes up amid its work',
    async inject(world) {
      const replica = world.anOwner();
      world.strike('SIGSTOP', replica);
      replica.signal('SIGSTOP');
      await thawAfterTakeover(replica, world);
      await world.recovered();
    },
  },
  {
    name: 'frozen-inside-transaction',
    description: 'SIGSTOP between the statements of a checkpoint, which holds the row locked; then SIGCONT',
    async inject(world) {
      const replica = world.anOwner();
      await reach('inside the transaction', replica, {
        afterwards: 'everything',
        act() {
          replica.signal('SIGSTOP');
          world.strike('SIGSTOP inside the transaction', replica);
          return true;
        },
      });
      await thawAfterTakeover(replica, world);
      await world.recovered();
    },
  },
  {
    name: 'event-loop-blocked',
    description: 'the event loop blocked past the session timeout, by a busy loop run through the inspector',
    async inject(world) {
      const replica = world.anOwner();
      world.strike(`event loop blocked for ${blockedMs / 1_000} s`, replica);
      const atMs = Date.now();
      await replica.evaluate(`{ const end = performance.now() + ${blockedMs}; while (performance.now() < end); }`);
      await world.untilLogged(/"partition restored"/, atMs, world.othersThan(replica));
      await world.recovered();
    },
  },
  {
    name: 'clock-stepped',
    description: 'the wall clock of an owner an hour ahead, and back',
    async inject(world) {
      const replica = world.anOwner();
      world.strike('clock an hour ahead, and back', replica);
      await replica.evaluate('globalThis.clockOffsetMs = 3_600_000');
      await world.quiet(4_000);
      const backAtMs = Date.now();
      await replica.evaluate('globalThis.clockOffsetMs = 0');
      await world.untilLogged(/clock had run ahead/, backAtMs, [replica]);
      await world.recovered();
    },
  },
];
