-- Up Migration

-- Each accepted version of each swap, as the log has it, once. One partition a day of event time; packages/store makes and drops them.
CREATE TABLE swaps (
  token           text    NOT NULL,
  id              text    NOT NULL,
  version         bigint  NOT NULL,
  -- 0 pending, 1 confirmed, 2 reverted: the order in which one replaces another.
  status          smallint NOT NULL,
  -- Event time, ms since the epoch, UTC.
  time_ms         bigint  NOT NULL,
  trader          text    NOT NULL,
  is_buy          boolean NOT NULL,
  amount          numeric NOT NULL,
  usd             numeric NOT NULL,
  chain           text,
  pool            text,
  tx_hash         text,
  block           bigint,
  log_index       bigint,
  symbol          text,
  name            text,
  -- Where the log has it.
  topic           text    NOT NULL,
  partition       integer NOT NULL,
  log_offset      bigint  NOT NULL,
  append_time_ms  bigint  NOT NULL,
  PRIMARY KEY (token, time_ms, id, version, status)
) PARTITION BY RANGE (time_ms);

CREATE INDEX swaps_by_trader ON swaps (trader, time_ms DESC, token, id, version, status);
CREATE INDEX swaps_by_value ON swaps (token, usd DESC);

-- Whatever claims to be older than any chain: a bad clock must not make a partition for each day since the dawn of time.
CREATE TABLE swaps_before_2009 PARTITION OF swaps FOR VALUES FROM (MINVALUE) TO (1230768000000);

-- Down Migration

DROP TABLE swaps;
