import type { Scenario } from '../scenario.ts';

const stormSteps = 10;
const stormStepMs = 2_000;
const burstSwaps = 20_000;
const behindBy = 2_000;
/** A partition is paused from its assignment until it is restored, which Postgres that does not answer holds up. */
const pausedMs = 3_000;

export const groupScenarios: Scenario[] = [
  {
    name: 'rebalance-storm',
    description: 'a replica joins or leaves every 2 s under load, by SIGTERM and SIGKILL in turn',
    async inject(world) {
      const guest = await world.addReplica();
      world.strike(`a replica joins or leaves every ${stormStepMs / 1_000} s, ${stormSteps} times`);
      for (let step = 0; step < stormSteps; step++) {
        await world.quiet(stormStepMs - 250);
        if (step % 2 === 1) guest.start();
        else await guest.stop(step % 4 === 0 ? 'SIGTERM' : 'SIGKILL');
      }
      await world.recovered();
      await world.remove(guest);
    },
  },
  {
    name: 'rolling-restart',
    description: 'SIGTERM of one replica after the other in the middle of batches',
    async inject(world) {
      for (const replica of world.replicas) {
        const sent = world.load.burst(burstSwaps);
        await world.until('batches to be in the middle of', () => world.behind(replica) > behindBy);
        world.strike('SIGTERM amid batches', replica);
        await replica.restart();
        await sent;
      }
      await world.recovered();
    },
  },
  {
    name: 'paused-revoked',
    description: 'partitions that are paused, since Postgres does not answer, are revoked and given back',
    async inject(world) {
      const replica = world.anOwner();
      world.strike('paused partitions revoked and given back', replica);
      replica.postgres.pause();
      const guest = await world.addReplica();
      await world.until('the guest to own partitions', () => world.owned(guest).length > 0);
      await world.remove(guest);
      await world.quiet(pausedMs);
      replica.postgres.resume();
      await world.recovered();
    },
  },
];
