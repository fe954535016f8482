export { knownMigrations, migrate, requireSchema } from './migrate.ts';
export { overlayFromRedis } from './overlay.ts';
export {
  createPostgresPartitionStore,
  type PartitionStore,
  type StoredPartition,
  type StoredRebuild,
} from './partition-store.ts';
export { createPostgres, type Pool, pingPostgres, postgresConnection, postgresSettings } from './postgres.ts';
export { createRedis, pingRedis, type Redis, redisConnection, redisSettings, requireNoEviction } from './redis.ts';
export { createRedisStatsStore } from './redis-stats-store.ts';
export type { StatsEntry, StatsReading, StatsStore } from './stats-store.ts';
export { SwapDays } from './swaps/swap-days.ts';
export { SwapWriter } from './swaps/swap-writer.ts';
export { createPostgresTokenStore, type KnownToken, type TokenStore } from './token-store.ts';
export type { VersionedJson } from './versioned-value.ts';
