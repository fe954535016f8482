import type { Scenario } from '../scenario.ts';
import { type KillPoint, reach } from '../world/kill-points.ts';

const kills = 2;

function killing(name: string, point: KillPoint, description: string): Scenario {
  return {
    name,
    description,
    async inject(world) {
      for (let count = 0; count < kills; count++) {
        await world.quiet(1_000);
        const replica = world.anOwner();
        await reach(point, replica, {
          afterwards: 'nothing',
          act() {
            replica.signal('SIGKILL');
            world.strike(`SIGKILL ${point}`, replica);
            return false;
          },
        });
        await replica.sever();
        await world.recovered();
      }
    },
  };
}

export const killScenarios: Scenario[] = [
  killing('kill-before-apply', 'before apply', 'kill -9 with records fetched, before one of them is applied'),
  killing('kill-inside-transaction', 'inside the transaction', 'kill -9 between the statements of a checkpoint'),
  killing('kill-after-postgres-commit', 'after the Postgres commit', 'kill -9 when COMMIT has been answered, unheard'),
  killing('kill-after-kafka-commit', 'after the Kafka commit', 'kill -9 when the group has the offset, unheard'),
  killing(
    'kill-between-redis-and-stats',
    'between Redis and stats',
    'kill -9 when Redis has values that `stats` never gets',
  ),
  killing(
    'kill-between-stats-and-redis',
    'between stats and Redis',
    'kill -9 when `stats` has values that Redis never gets',
  ),
];
