export { Member } from './member.ts';
export { createOwnershipMetrics, perPartition } from './metrics.ts';
export { type CutRows, OwnedLog, type OwnedLogOptions } from './owned-log.ts';
export type { Restoring } from './partitions.ts';
export { ownershipSettings } from './settings.ts';
