import type { Scenario } from '../scenario.ts';
import type { Replica } from '../world/replica.ts';

const stormStepMs = 2_000;
const stormSteps = 12;
/** A busy machine takes longer to start a replica than to end it: the storm goes on until it was one. */
const mostStormSteps = 36;
/** That each member which stays has seen. */
const leastRebalances = 4;
const stormGuests = 3;
const burstSwaps = 20_000;
const behindBy = 2_000;
const pausedMs = 2_000;

/** By turns all guests leave and join; half of those that leave say nothing. */
async function joinOrLeave(guest: Replica, step: number): Promise<void> {
  const joins = Math.floor(step / stormGuests) % 2 === 0;
  if (joins) guest.start();
  else await guest.stop(step % 4 < 2 ? 'SIGTERM' : 'SIGKILL');
}

/** A partition is paused from its assignment until it is restored, which Postgres that does not answer holds up. */
async function pausedOf(replica: Replica): Promise<string[]> {
  return (await replica.waitingFor()).filter((condition) => /^partition \d+$/.test(condition));
}

export const groupScenarios: Scenario[] = [
  {
    name: 'rebalance-storm',
    description: 'a replica joins or leaves every 2 s under load, by SIGTERM and SIGKILL in turn',
    async inject(world) {
      const residents = [...world.replicas];
      const guests: Replica[] = [];
      const atMs = Date.now();
      const isStorm = () =>
        residents.every((resident) => resident.assignments(atMs).length >= leastRebalances) &&
        guests.some((guest) => guest.logged(/"msg":"partition restored"/, atMs).length > 0);
      world.strike(`a replica joins or leaves every ${stormStepMs / 1_000} s`);
      for (let step = 0; step < stormSteps || (step < mostStormSteps && !isStorm()); step++) {
        if (guests.length < stormGuests) guests.push(await world.addReplica());
        else await joinOrLeave(guests[step % stormGuests]!, step);
        await world.quiet(stormStepMs - 250);
      }
      if (!isStorm())
        throw new Error(`no storm: fewer than ${leastRebalances} rebalances, or no guest owned partitions`);
      await world.recovered();
      for (const guest of guests) await world.remove(guest);
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
      const guest = await world.addReplica();
      await world.until('the guest to own partitions', () => world.owned(guest).length > 0);
      replica.postgres.pause();
      await guest.stop();
      await world.until('paused partitions', async () => (await pausedOf(replica)).length > 1);
      const atMs = Date.now();
      world.strike('paused partitions revoked and given back', replica);
      guest.start();
      const lost = () => replica.assignments(atMs).flatMap((one) => one.lost);
      await world.until('paused partitions to be revoked', () => lost().length > 0);
      await world.remove(guest);
      await world.until('them to be given back', () => {
        const { partitions } = replica.assignments(atMs).at(-1)!;
        return lost().every((partition) => partitions.includes(partition));
      });
      await world.quiet(pausedMs);
      replica.postgres.resume();
      await world.recovered();
    },
  },
];
