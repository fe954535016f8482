export { BasePlan, type BasePolicy, defaultBasePolicy } from './base-plan.ts';
export type {
  Checkpoint,
  CheckpointStore,
  Counting,
  LastRecord,
  Ownership,
  PartitionKey,
  Serving,
  Standing,
  StoredDelta,
  StoredShard,
  StoredState,
} from './checkpoint.ts';
export { firstMinuteAfter } from './counting.ts';
export { type CountingSettings, countingSettings, requireRetention, rulesOf } from './counting-settings.ts';
export { engineError, isSameRecord, lastRecordOf, restoreEngine } from './engine-state.ts';
export { FencedError } from './fenced-error.ts';
export { MemoryCheckpointStore } from './memory-store.ts';
export { PostgresCheckpointStore, type SwapSink } from './postgres-store.ts';
export type { Rebuild, RebuildPlan, RebuildProgress, RebuildStore, RebuiltHead } from './rebuild.ts';
