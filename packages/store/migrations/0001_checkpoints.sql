-- Up Migration

-- The truth about what was counted: one row a partition. Whoever holds `owner` may move `next_offset`.
CREATE TABLE partitions (
  group_id         text    NOT NULL,
  topic            text    NOT NULL,
  partition        integer NOT NULL,
  generation       bigint  NOT NULL,
  epoch            bigint  NOT NULL,
  owner            uuid    NOT NULL,
  -- Older deltas are in every base already; shards without a base are empty there.
  replay_from      bigint  NOT NULL,
  next_offset      bigint  NOT NULL,
  partition_count  integer NOT NULL,
  rules_hash       text    NOT NULL,
  -- What the engine keeps for the partition as a whole; null before the first record.
  head             jsonb,
  -- The last record that was counted, to notice a log that was replaced: {offset, appendTimeMs, hash}.
  last_record      jsonb,
  checkpointed_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (group_id, topic, partition)
) WITH (fillfactor = 50);

-- What was applied between two checkpoints.
CREATE TABLE deltas (
  group_id     text     NOT NULL,
  topic        text     NOT NULL,
  partition    integer  NOT NULL,
  generation   bigint   NOT NULL,
  from_offset  bigint   NOT NULL,
  to_offset    bigint   NOT NULL,
  codec        integer  NOT NULL,
  checksum     bigint   NOT NULL,
  bytes        bytea    NOT NULL,
  PRIMARY KEY (group_id, topic, partition, generation, from_offset)
);

-- The whole state, in shards of tokens, each as it was at its own offset.
CREATE TABLE bases (
  group_id    text     NOT NULL,
  topic       text     NOT NULL,
  partition   integer  NOT NULL,
  generation  bigint   NOT NULL,
  shard       integer  NOT NULL,
  at_offset   bigint   NOT NULL,
  codec       integer  NOT NULL,
  checksum    bigint   NOT NULL,
  bytes       bytea    NOT NULL,
  PRIMARY KEY (group_id, topic, partition, generation, shard)
);

CREATE TABLE candles (
  group_id    text    NOT NULL,
  token       text    NOT NULL,
  minute_ms   bigint  NOT NULL,
  generation  bigint  NOT NULL,
  open        numeric,
  high        numeric,
  low         numeric,
  close       numeric,
  volume_usd  numeric NOT NULL,
  volume      numeric NOT NULL,
  trades      bigint  NOT NULL,
  final       boolean NOT NULL,
  PRIMARY KEY (group_id, token, minute_ms, generation)
);

CREATE TABLE tokens (
  group_id       text   NOT NULL,
  token          text   NOT NULL,
  symbol         text,
  name           text,
  first_seen_ms  bigint NOT NULL,
  last_seen_ms   bigint NOT NULL,
  PRIMARY KEY (group_id, token)
);

-- Down Migration

DROP TABLE tokens, candles, bases, deltas, partitions;
