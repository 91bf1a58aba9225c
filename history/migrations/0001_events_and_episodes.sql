-- Instants are nanoseconds since 1970 UTC, durations nanoseconds.
CREATE TABLE event (
  seq       INTEGER PRIMARY KEY,
  at        INTEGER NOT NULL,
  link      TEXT    NOT NULL,
  kind      TEXT    NOT NULL,
  id        TEXT    NOT NULL,
  text      TEXT    NOT NULL,
  severity  TEXT    NOT NULL,
  status    TEXT    NOT NULL,
  direction TEXT    NOT NULL,
  "end"     TEXT    NOT NULL,
  "by"      TEXT    NOT NULL,
  duration  INTEGER NOT NULL
) STRICT;
CREATE INDEX event_by_time ON event (at, seq);
CREATE INDEX event_by_link ON event (link, at, seq);

-- An episode without "until" is open. "document" is JSON that belongs to the judge of alerts.
CREATE TABLE episode (
  id       TEXT    PRIMARY KEY,
  link     TEXT    NOT NULL,
  kind     TEXT    NOT NULL,
  since    INTEGER NOT NULL,
  until    INTEGER,
  document BLOB    NOT NULL
) STRICT;
CREATE INDEX episode_open ON episode (since, id) WHERE until IS NULL;
CREATE INDEX episode_closed ON episode (until) WHERE until IS NOT NULL;
