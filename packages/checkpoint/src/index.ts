export { BasePlan, type BasePolicy, defaultBasePolicy } from './base-plan.ts';
export type {
  Checkpoint,
  CheckpointStore,
  Counting,
  LastRecord,
  Ownership,
  PartitionKey,
  StoredDelta,
  StoredShard,
  StoredState,
} from './checkpoint.ts';
export { MemoryCheckpointStore } from './memory-store.ts';
export { PostgresCheckpointStore } from './postgres-store.ts';
