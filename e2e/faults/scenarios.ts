import type { Scenario } from './scenario.ts';
import { freezeScenarios } from './scenarios/freezes.ts';
import { groupScenarios } from './scenarios/group.ts';
import { kafkaScenarios } from './scenarios/kafka.ts';
import { killScenarios } from './scenarios/kills.ts';
import { postgresScenarios } from './scenarios/postgres.ts';
import { redisScenarios } from './scenarios/redis.ts';

/** Every scenario, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  ...killScenarios,
  ...freezeScenarios,
  ...groupScenarios,
  ...postgresScenarios,
  ...kafkaScenarios,
  ...redisScenarios,
];
