-- Up Migration

ALTER TABLE partitions
  -- The topic that was counted, which another one of its name is not; null of brokers that know no ids, and before this column.
  ADD COLUMN topic_id text;

-- Down Migration

ALTER TABLE partitions DROP COLUMN topic_id;
