export { deadLetter, deadLetterMaxBytes, type Rejected } from './dead-letter.ts';
export {
  type DeadLetter,
  placeOf,
  type ReplayMark,
  readDeadRecord,
  replayMark,
} from './dead-letter-reading.ts';
export {
  type Heartbeat,
  heartbeatKey,
  type PartitionStatus,
  readStatsRecord,
  type StatsEvent,
  type StatsRecord,
  staleAfterMs,
} from './stats.ts';
export { normaliseToken } from './token.ts';
export { swapsRetentionMs, type TopicName, type TopicOptions, type TopicSpec, topicSpecs } from './topics.ts';
export { compareVersions, isVersion, newerVersion, type Version } from './version.ts';
