interface CatalogueEntry {
  /** What happened, for the list in `docs/operations.md`. */
  meaning: string;
  /** What the reader does about it; names the command where there is one. */
  remedy: string;
  /** How the process ends when nothing catches it; see `exitCodes`. */
  exit: 'software' | 'temporary' | 'configuration';
}

function entry(exit: CatalogueEntry['exit'], meaning: string, remedy: string): CatalogueEntry {
  return { meaning, remedy, exit };
}

/** Every error code of the services. Codes of rejected records are in `@tidemark/domain`, those of HTTP answers in the API. */
export const catalogue = {
  SETTINGS_INVALID: entry(
    'configuration',
    'A setting is missing, malformed or unknown.',
    'Correct the settings listed.',
  ),
  START_TIMEOUT: entry(
    'temporary',
    'What the service depends on did not answer in time.',
    'See what it waited for; raise START_TIMEOUT if it is merely slow.',
  ),
  KAFKA_UNAVAILABLE: entry('temporary', 'No Kafka broker answers.', 'Check KAFKA_BROKERS and the brokers.'),
  TOPIC_MISSING: entry('temporary', 'A topic does not exist.', 'Run `npm run tidemark -- topics create`.'),
  TOPIC_MISMATCH: entry(
    'configuration',
    'A topic exists with another partition count, time-stamp type or clean-up policy.',
    'Run `npm run tidemark -- topics check` and alter or re-create the topic.',
  ),
  SCHEMA_MISSING: entry(
    'temporary',
    'The database lacks migrations that this release needs.',
    'Run `npm run tidemark -- migrate`.',
  ),
  POSTGRES_UNAVAILABLE: entry('temporary', 'PostgreSQL does not answer.', 'Check DATABASE_URL and the server.'),
  REDIS_UNAVAILABLE: entry('temporary', 'Redis does not answer.', 'Check REDIS_URL and the server.'),
  REDIS_EVICTS: entry(
    'configuration',
    'Redis may evict keys: its maxmemory-policy is not noeviction.',
    'Set `maxmemory-policy noeviction` on the server.',
  ),
  RULES_CHANGED: entry(
    'configuration',
    'The checkpoint was counted by other rules (LATENESS, WINDOWS, PRICE_MIN_USD or the release).',
    'Put the setting back, or run with another GROUP_ID to count anew from the start of the log.',
  ),
  PARTITION_COUNT_CHANGED: entry(
    'configuration',
    'The topic has another number of partitions than the checkpoint was counted with.',
    'Restore the topic, or run with another GROUP_ID to count anew.',
  ),
  LOG_REPLACED: entry(
    'configuration',
    'The log holds another record where the checkpoint ends: the topic was re-created.',
    'Run with another GROUP_ID to count the new log; see docs/operations.md.',
  ),
  LOG_TRUNCATED: entry(
    'configuration',
    'The checkpoint ends past the end of the log.',
    'Restore the topic, or run with another GROUP_ID; see docs/operations.md.',
  ),
  RETENTION_PASSED: entry(
    'configuration',
    'Records after the checkpoint were deleted by retention before they were counted.',
    'Run with another GROUP_ID to count from the earliest retained record; see docs/operations.md.',
  ),
  CHECKPOINT_CORRUPT: entry(
    'configuration',
    'A stored checkpoint does not match its checksum or its chain of offsets.',
    'Restore the database from a backup, or run with another GROUP_ID.',
  ),
  CODEC_UNKNOWN: entry(
    'configuration',
    'The checkpoint was written by a newer release.',
    'Run that release, or a newer one.',
  ),
  FENCED: entry('temporary', 'Another process took over the partition.', 'Nothing: the new owner goes on.'),
  COMMIT_UNKNOWN: entry(
    'temporary',
    'The connection was lost after COMMIT was sent, so the outcome is not known.',
    'Nothing: the owner reads its state back.',
  ),
  TOO_MANY_TOKENS: entry(
    'configuration',
    'A partition would hold more than MAX_TOKENS tokens in memory.',
    'Raise MAX_TOKENS and the memory, or use more partitions.',
  ),
  CONSUMER_CRASHED: entry('temporary', 'The Kafka client gave up.', 'Nothing: the process starts again.'),
  PRODUCER_STUCK: entry('temporary', 'Records could not be sent within the deadline.', 'Check the brokers.'),
  STUCK: entry(
    'temporary',
    'A partition made no progress for a minute although it lags.',
    'Nothing: the process starts again; look at the logs if it repeats.',
  ),
  PORT_TAKEN: entry(
    'configuration',
    'Another program listens on the port.',
    'Choose another port, or stop that program.',
  ),
  REPLAY_INVALID: entry(
    'configuration',
    'The file to replay is missing, or of no known form.',
    'Give JSON lines of swaps, or a CSV of raw logs beside its pool file.',
  ),
  REPLAY_BEHIND: entry(
    'configuration',
    'The topic already holds later swaps than the recording, which would all be late.',
    'Use `--retime now`, or start with `--reset` or another TOPIC_PREFIX.',
  ),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;
