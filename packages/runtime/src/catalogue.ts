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
  KAFKA_LOGIN_REFUSED: entry(
    'configuration',
    'The brokers refuse the login.',
    'Correct KAFKA_SASL, KAFKA_USER and KAFKA_PASSWORD, or the user on the brokers.',
  ),
  KAFKA_UNTRUSTED: entry(
    'configuration',
    "The brokers' certificate is not of a trusted authority, is out of date or of another name.",
    'Name its authority in KAFKA_CA_FILE, and the brokers in KAFKA_BROKERS as the certificate does.',
  ),
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
    'Put the setting back, or run `npm run tidemark -- rebuild` with the new settings, then start the aggregators with them.',
  ),
  PARTITION_COUNT_CHANGED: entry(
    'configuration',
    'The topic has another number of partitions than the checkpoint was counted with.',
    'Restore the topic, or stop the aggregators, run `npm run tidemark -- rebuild` and start them again.',
  ),
  LOG_REPLACED: entry(
    'configuration',
    'The log holds another record where the checkpoint ends: the topic was re-created.',
    'Run `npm run tidemark -- rebuild` to count the log that is there; see docs/operations.md.',
  ),
  LOG_TRUNCATED: entry(
    'configuration',
    'The checkpoint ends past the end of the log.',
    'Restore the topic, or run `npm run tidemark -- rebuild` to count the log that is there.',
  ),
  RETENTION_PASSED: entry(
    'configuration',
    'Records after the checkpoint were deleted by retention before they were counted.',
    'Run `npm run tidemark -- rebuild` to count from the earliest retained record; see docs/operations.md.',
  ),
  CHECKPOINT_CORRUPT: entry(
    'configuration',
    'A stored checkpoint does not match its checksum or its chain of offsets.',
    'Restore the database from a backup, or run `npm run tidemark -- rebuild` to count the log again.',
  ),
  CODEC_UNKNOWN: entry(
    'configuration',
    'The checkpoint was written by a newer release.',
    'Run that release or a newer one, or run `npm run tidemark -- rebuild` of this one to count the log again.',
  ),
  REBUILD_RUNNING: entry(
    'temporary',
    'Another process rebuilds the partition.',
    'Wait for it: `npm run tidemark -- status` shows how far it is.',
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
  PRODUCER_STATE_INVALID: entry(
    'configuration',
    'What the producer keeps of its position in a recording cannot be read.',
    'Remove the file named to play the recording from its start, under new ids.',
  ),
  NODE_TOO_OLD: entry('configuration', 'The launcher runs on Node 20 or newer.', 'Run the install command printed.'),
  WINDOWS_UNSUPPORTED: entry(
    'configuration',
    'The embedded servers have no native Windows form.',
    'Run inside WSL2, or use `tilt up`.',
  ),
  PLATFORM_UNSUPPORTED: entry(
    'configuration',
    'There is no embedded server for this system or processor.',
    'Set KAFKA_BROKERS, DATABASE_URL and REDIS_URL to running servers, or use `tilt up`.',
  ),
  JAVA_MISSING: entry(
    'configuration',
    'The embedded Kafka needs Java 17 or newer.',
    'Run the install command printed.',
  ),
  JAVA_TOO_OLD: entry(
    'configuration',
    'The embedded Kafka needs Java 17 or newer.',
    'Run the install command printed.',
  ),
  MAVEN_MISSING: entry(
    'configuration',
    'Maven fetches Kafka and Redis at the first start.',
    'Run the install command printed.',
  ),
  INSTALL_FAILED: entry('temporary', 'The packages could not be installed.', 'See the lines above; try again.'),
  JARS_UNAVAILABLE: entry(
    'temporary',
    'Maven could not fetch Kafka or Redis.',
    "Check the network and Maven's settings; try again.",
  ),
  POSTGRES_USER_MISSING: entry(
    'configuration',
    'Postgres refuses to run as root, and no user `postgres` could be made.',
    'Run `useradd --system postgres`, or start as an ordinary user.',
  ),
  SERVER_FAILED: entry(
    'temporary',
    'An embedded server ended, or did not answer in time.',
    'See the end of its log, which is printed; `npm start -- --reset` begins anew.',
  ),
  SERVICE_FAILED: entry(
    'configuration',
    'A service or a preparing command ended in a way that starting again does not help, or was not ready in time.',
    'See its log in `<TIDEMARK_DIR>/logs`.',
  ),
  ALREADY_RUNNING: entry(
    'configuration',
    'Another launcher holds the directory.',
    'Stop it, or set TIDEMARK_DIR to another directory.',
  ),
  NOT_RUNNING: entry('configuration', 'Nothing runs in the directory.', 'Run `npm start` first, or set TIDEMARK_DIR.'),
  DIRECTORY_INCOMPATIBLE: entry(
    'configuration',
    'The directory was laid out by another release.',
    'Run that release, or `npm start -- --reset` to begin anew.',
  ),
  DIRECTORY_FOREIGN: entry(
    'configuration',
    'The directory was not made by Tidemark, so it is not touched.',
    'Set TIDEMARK_DIR to an empty or a new directory.',
  ),
  OPTION_INVALID: entry('configuration', 'A command-line option is not usable.', 'See `--help`.'),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;
