import type { Scenario } from '../scenario.ts';

const outageMs = 8_000;

export const redisScenarios: Scenario[] = [
  {
    name: 'redis-flushed',
    description: 'Redis flushed, twice: every token comes back from state, idle ones too',
    async inject(world) {
      for (let round = 0; round < 2; round++) {
        await world.quiet(1_000);
        world.strike('Redis flushed');
        await world.installation.redis.flushdb();
        await world.recovered();
      }
    },
  },
  {
    name: 'redis-killed',
    description: 'Redis killed, and back empty after some seconds: every token comes back from state, idle ones too',
    async inject(world) {
      world.strike(`Redis SIGKILL, away for ${outageMs / 1_000} s`);
      await world.server('redis').kill();
      await world.quiet(outageMs);
      await world.server('redis').start();
      await world.recovered();
    },
  },
];
