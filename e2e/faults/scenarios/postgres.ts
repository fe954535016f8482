import type { Scenario } from '../scenario.ts';
import { reach, watchCommit } from '../world/kill-points.ts';
import type { Replica } from '../world/replica.ts';
import { fillDisk, missingSmallDisk, provideSmallDisk } from '../world/small-disk.ts';
import type { World } from '../world/world.ts';

const outageMs = 20_000;
/** Longer than the session timeout of the replicas. */
const lockedMs = 10_000;
const lateMs = 3_000;
/** Enough for the next owner to come as far as the locked row. */
const ownedByThenMs = 1_500;
const diskFullMs = 8_000;

interface Cut {
  /** Lets the COMMIT go on to the server; resolves when the server says that it has landed. */
  land(): Promise<void>;
  atMs: number;
}

/** Cuts the replica's connection right after it sent COMMIT, which does not go on until it is let. */
async function cutAtCommit(fault: string, replica: Replica, world: World, isKilled = false): Promise<Cut> {
  const atMs = Date.now();
  let land: (() => Promise<void>) | undefined;
  await reach('at COMMIT', replica, {
    afterwards: 'everything',
    act({ message, link }) {
      world.strike(fault, replica);
      if (isKilled) replica.signal('SIGKILL');
      link.cutClient();
      land = async () => {
        const hasLanded = watchCommit(replica, link);
        link.sendToServer(message);
        await world.until('the COMMIT to land', hasLanded);
        link.endServer();
      };
      return false;
    },
  });
  return { land: land!, atMs };
}

async function withRowsLocked(world: World, action: () => Promise<void>): Promise<void> {
  const client = await world.installation.postgres.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM partitions FOR UPDATE');
    await action();
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

export const postgresScenarios: Scenario[] = [
  {
    name: 'commit-lands-before-owner',
    description: 'connection cut right after COMMIT was sent, which lands before the next owner reads',
    async inject(world) {
      for (let round = 0; round < 2; round++) {
        const replica = world.anOwner();
        const { land, atMs } = await cutAtCommit('COMMIT cut off, lands at once', replica, world);
        await land();
        await world.untilLogged(/COMMIT_UNKNOWN/, atMs, [replica]);
        await world.recovered();
      }
    },
  },
  {
    name: 'commit-lands-after-owner',
    description:
      'connection cut right after COMMIT was sent, which lands while the next owner, the same process, already takes over',
    async inject(world) {
      for (let round = 0; round < 2; round++) {
        const replica = world.anOwner();
        const fault = `COMMIT cut off, lands ${lateMs / 1_000} s later`;
        const { land, atMs } = await cutAtCommit(fault, replica, world);
        await world.untilLogged(/COMMIT_UNKNOWN/, atMs, [replica]);
        await world.quiet(lateMs);
        await land();
        await world.recovered();
      }
    },
  },
  {
    name: 'commit-lands-after-takeover',
    description: 'kill -9 right after COMMIT was sent, which lands when the partitions have moved to another replica',
    async inject(world) {
      const replica = world.anOwner();
      const fault = 'COMMIT cut off with SIGKILL, lands after the takeover';
      const { land, atMs } = await cutAtCommit(fault, replica, world, true);
      const [other] = world.othersThan(replica);
      await world.until('the takeover', () => other!.assignments(atMs).length > 0);
      await world.quiet(ownedByThenMs);
      await land();
      await world.recovered();
    },
  },
  {
    name: 'postgres-killed',
    description: 'Postgres killed, and back after 20 s',
    async inject(world) {
      world.strike('Postgres SIGKILL, away for 20 s');
      await world.server('postgres').kill();
      await world.quiet(outageMs);
      await world.server('postgres').start();
      await world.recovered();
    },
  },
  {
    name: 'row-locked',
    description: 'the rows of all partitions locked past the session timeout; then again while a replica is killed',
    async inject(world) {
      world.strike('rows locked');
      await withRowsLocked(world, () => world.quiet(lockedMs));
      await world.recovered();
      const replica = world.anOwner();
      world.strike('rows locked amid a takeover', replica);
      await withRowsLocked(world, async () => {
        replica.signal('SIGKILL');
        await world.quiet(lockedMs);
      });
      await world.recovered();
    },
  },
  {
    name: 'disk-full',
    description: 'the disk of the tables full, then room again',
    mixes: false,
    missing: missingSmallDisk,
    prepare: provideSmallDisk,
    async inject(world) {
      const fullAtMs = Date.now();
      world.strike('disk of the tables full');
      const free = await fillDisk(world.installation.postgres);
      await world.untilLogged(/No space left on device/, fullAtMs);
      await world.quiet(diskFullMs);
      await free();
      await world.recovered();
    },
  },
];
