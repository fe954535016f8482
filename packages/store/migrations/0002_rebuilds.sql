-- Up Migration

ALTER TABLE partitions
  -- Where the generation began to count; null for one that is older than this column.
  ADD COLUMN start_offset bigint,
  -- Candles of earlier generations stay for the minutes before this one, in ms; later ones are this generation's alone.
  ADD COLUMN candles_from_ms bigint NOT NULL DEFAULT 0,
  -- CRC-32 over replay_from, next_offset, head and last_record; null before the first checkpoint of this release.
  ADD COLUMN row_checksum bigint;

-- Generations that are being counted and serve nobody yet. Whoever holds `owner` may write theirs.
CREATE TABLE rebuilds (
  group_id        text    NOT NULL,
  topic           text    NOT NULL,
  partition       integer NOT NULL,
  generation      bigint  NOT NULL,
  owner           uuid    NOT NULL,
  -- Who does it, for people.
  worker          text    NOT NULL,
  start_offset    bigint  NOT NULL,
  next_offset     bigint  NOT NULL,
  end_offset      bigint  NOT NULL,
  partition_count integer NOT NULL,
  started_at      timestamptz NOT NULL DEFAULT now(),
  reported_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (group_id, topic, partition)
);

-- Down Migration

DROP TABLE rebuilds;
ALTER TABLE partitions DROP COLUMN row_checksum, DROP COLUMN candles_from_ms, DROP COLUMN start_offset;
